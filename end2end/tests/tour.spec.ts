import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../support/test.ts';

/** The README's pictures are made anew where this is set; else they stay with the test's results. */
const KEPT = process.env.BINDERY_PICTURES
  ? fileURLToPath(new URL('../../docs/pictures', import.meta.url))
  : undefined;

const LANGUAGES = [
  { locale: 'en-GB', play: 'Play', next: 'Next', replay: 'Step by step', all: 'Show everything', refused: 'Refused, -4001' },
  { locale: 'sv-SE', play: 'Spela', next: 'Nästa', replay: 'Steg för steg', all: 'Visa allt', refused: 'Nekades, -4001' },
] as const;

/** The name of each of the seven, as a presenter reads it out. */
const STEPS = {
  'en-GB': [
    'Cookie',
    'Dummy token',
    'Dummy licence request',
    'Purchase or rental',
    'Bound token',
    'Hand-over',
    'Cross-check',
  ],
  'sv-SE': [
    'Kaka',
    'Attrapptoken',
    'Attrapplicens',
    'Köp eller hyra',
    'Bunden token',
    'Överlämning',
    'Korskontroll',
  ],
};

test('the panel alone walks a stranger through the seven steps and the refusal', async ({
  device,
  newDevice,
  expectedRefusals,
}, info) => {
  test.slow();
  const picture = async (page: Page, name: string) => {
    const folder = KEPT ?? info.outputPath('pictures');
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  };

  // What is shown: a film that is bought here, plays here, and does not play there.
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater');
  await device.page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  const other = await newDevice();
  await other.signIn();
  const signedIn = await other.context.storageState();

  for (const { locale, play, next, replay, all, refused } of LANGUAGES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390]) {
        const look = { locale, colorScheme, viewport: { width, height: width === 390 ? 844 : 800 } };
        const { page, context } = await newDevice({ ...look, storageState: signedIn });
        const of = `${locale.slice(0, 2)}-${colorScheme}-${width}`;
        await page.goto('/watch/tidewater');
        const panel = page.locator('.workflow-panel');
        await panel.locator('summary').first().click();
        const refusal = panel.getByRole('link', { name: refused }).last();
        // Beside the film it is told as it happens; under a sheet there is no film to see.
        if (width === 1280) {
          expectedRefusals.count += 1;
          await page.getByRole('button', { name: play }).click();
          await expect(refusal).toBeInViewport();
        }
        // The looks differ to the eye alone: one walk in each language, and in each width, tells.
        if (colorScheme === 'light' && (width === 1280) === (locale === 'en-GB')) {
          expect(await walk(panel, replay, next, STEPS[locale])).toEqual(STEPS[locale]);
          await panel.getByRole('link', { name: all }).click();
        }
        await refusal.click();
        const check = panel.locator('.cross-check');
        await expect(check).toHaveAttribute('data-equal', 'false');
        // Its message is, as soon as it is chosen; the check is its heart.
        await expect(check).toBeInViewport({ ratio: 0.99 });
        await picture(page, `refusal-${of}`);

        await page.goto('/workflow');
        await expect(page.getByRole('link', { name: refused }).first()).toBeVisible();
        await picture(page, `workflow-${of}`);
        await context.close();
      }
    }
  }
});

/** Turns all pages of the replay, and gives the steps that it named, in order. */
async function walk(
  panel: Locator,
  replay: string,
  next: string,
  steps: readonly string[],
): Promise<string[]> {
  await panel.getByRole('link', { name: replay }).click();
  const turn = panel.getByRole('link', { name: next, exact: true });
  const arrows = panel.locator('.message-arrow');
  const seen = new Set<string>();
  for (let place = 1; ; place += 1) {
    await expect(panel.locator('.replay-at')).toHaveText(new RegExp(`^${place} `));
    await expect(arrows).toHaveCount(place);
    // The arrow, what it is about and the way on: all of it is on the screen, without scrolling.
    // What was scrolled to may end a fraction of a pixel below.
    for (const part of [arrows.last(), panel.locator('#message-heading'), turn]) {
      await expect(part).toBeInViewport({ ratio: 0.99 });
    }
    const name = await arrows.last().getAttribute('aria-label');
    const step = steps.find((it) => name?.includes(`, ${it}: `));
    if (step) seen.add(step);
    if ((await turn.getAttribute('aria-disabled')) === 'true') return [...seen];
    await turn.click();
  }
}
