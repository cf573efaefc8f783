import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test.ts';

/** The README's pictures are made anew where this is set; else they stay with the test's results. */
const KEPT = process.env.BINDERY_PICTURES
  ? fileURLToPath(new URL('../../docs/pictures', import.meta.url))
  : undefined;

const LANGUAGES = [
  { locale: 'en-GB', next: 'Next', replay: 'Step by step', all: 'Show everything', refused: 'Refused, -4001' },
  { locale: 'sv-SE', next: 'Nästa', replay: 'Steg för steg', all: 'Visa allt', refused: 'Nekades, -4001' },
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

test('the view alone walks a stranger through the seven steps and the refusal', async ({
  device,
  newDevice,
  expectedRefusals,
}, info) => {
  test.slow();
  expectedRefusals.count = 1;
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
  await other.play('tidewater');
  await other.expectAlert('-4001');
  const signedIn = await other.context.storageState();

  for (const { locale, next, replay, all, refused } of LANGUAGES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390]) {
        const look = { locale, colorScheme, viewport: { width, height: width === 390 ? 844 : 800 } };
        const { page, context } = await newDevice({ ...look, storageState: signedIn });
        const of = `${locale.slice(0, 2)}-${colorScheme}-${width}`;
        await page.goto('/workflow');
        // The looks differ to the eye alone: one walk in each language tells.
        if (colorScheme === 'light' && width === 1280) {
          expect(await walk(page, replay, next, STEPS[locale])).toEqual(STEPS[locale]);
          await page.getByRole('link', { name: all }).click();
        }
        await expect(page.getByRole('link', { name: refused })).toBeVisible();
        await page.evaluate(() => window.scrollTo(0, 0));
        await picture(page, `workflow-${of}`);
        await page.getByRole('link', { name: refused }).click();
        const check = page.locator('.cross-check');
        await expect(check).toHaveAttribute('data-equal', 'false');
        await check.scrollIntoViewIfNeeded();
        await picture(page, `refusal-${of}`);
        await context.close();
      }
    }
  }
});

/** Turns all pages of the replay, and gives the steps that it named, in order. */
async function walk(
  page: Page,
  replay: string,
  next: string,
  steps: readonly string[],
): Promise<string[]> {
  await page.getByRole('link', { name: replay }).click();
  const turn = page.getByRole('link', { name: next, exact: true });
  const arrows = page.locator('.message-arrow');
  const seen = new Set<string>();
  for (let place = 1; ; place += 1) {
    await expect(page.locator('.replay-at')).toHaveText(new RegExp(`^${place} `));
    await expect(arrows).toHaveCount(place);
    const name = await arrows.last().getAttribute('aria-label');
    const step = steps.find((it) => name?.includes(`, ${it}: `));
    if (step) seen.add(step);
    if ((await turn.getAttribute('aria-disabled')) === 'true') return [...seen];
    await turn.click();
  }
}
