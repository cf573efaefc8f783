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
  { locale: 'en-GB', play: 'Play', nextStep: 'Next step', replay: 'Step by step', all: 'Show everything', refused: 'Refused, -4001', licence: 'Licence' },
  { locale: 'sv-SE', play: 'Spela', nextStep: 'Nästa steg', replay: 'Steg för steg', all: 'Visa allt', refused: 'Nekades, -4001', licence: 'Licens' },
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
    'Provtoken',
    'Licensbegäran för provklippet',
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

  for (const { locale, play, nextStep, replay, all, refused, licence } of LANGUAGES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390]) {
        const look = { locale, colorScheme, viewport: { width, height: width === 390 ? 844 : 800 } };
        const there = await newDevice({ ...look, storageState: signedIn });
        const { page, panel, context } = there;
        const of = `${locale.slice(0, 2)}-${colorScheme}-${width}`;
        await page.goto('/watch/tidewater');
        await there.openPanel();
        const refusals = panel.getByRole('link', { name: refused });
        const refusal = refusals.last();
        // Beside the film it is told as it happens; under a sheet there is no film to see.
        if (width === 1280) {
          expectedRefusals.count += 1;
          await page.getByRole('button', { name: play }).click();
          // This look's own, and not the one before it.
          await expect(refusals).toHaveCount(expectedRefusals.count);
          await expect(refusal).toBeInViewport();
        }
        // The looks differ to the eye alone: one walk in each language, and in each width, tells.
        if (colorScheme === 'light' && (width === 1280) === (locale === 'en-GB')) {
          await panel.getByRole('link', { name: replay }).click();
          const { steps, told, words } = await walk(panel, nextStep, STEPS[locale]);
          expect([...new Set(steps)]).toEqual(STEPS[locale]);
          // Both ways that the cross-check may end are on the way, which takes a walk of minutes.
          const [granted, denied] = [told.indexOf(licence), told.indexOf(refused)];
          expect(granted).toBeGreaterThan(0);
          expect(denied).toBeGreaterThan(granted);
          expect(denied).toBeLessThanOrEqual(12);
          // Headings, words and checks, read out at the 130 words a minute of a slow speaker.
          const untilRefusal = words.slice(0, denied + 1).reduce((sum, count) => sum + count, 0);
          expect(untilRefusal).toBeLessThan(4 * 130);
          await panel.getByRole('link', { name: all }).click();
          await expect(panel.getByRole('link', { name: replay })).toBeVisible();
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

/** How many words there are to read out; a device_id is shown, not read. */
const countWords = (text: string) =>
  text.split(/\s+/).filter((word) => /\p{L}/u.test(word) && !/^[0-9a-f]{32}$/.test(word)).length;

/** Goes from step to step to the end of the run, and gives what each arrow on the way told, of which
 * step, and how many words there are to it. */
async function walk(panel: Locator, nextStep: string, names: readonly string[]) {
  const turn = panel.getByRole('link', { name: nextStep, exact: true });
  const steps: string[] = [];
  const told: string[] = [];
  const words: number[] = [];
  await expect(panel.locator('.replay-at')).toHaveText(/^1 /);
  for (;;) {
    const arrow = panel.locator('.message-arrow').last();
    const check = panel.locator('.cross-check-verdict');
    const about = panel.locator('.message-about');
    const name = (await arrow.getAttribute('aria-label')) ?? '';
    // The arrow, what it is about and the way on: all of it is on the screen, without scrolling; of
    // the cross-check its end. What was scrolled to may end a fraction of a pixel below.
    const heart = (await check.count()) > 0 ? check : about;
    for (const part of [arrow, panel.locator('#message-heading'), heart, turn]) {
      await expect(part, name).toBeInViewport({ ratio: 0.99 });
    }
    await expect(about).toHaveCount(1);
    told.push(name);
    const read = panel.locator('.message header, .cross-check, .message-about, .message-came');
    const count = countWords((await read.allInnerTexts()).join(' '));
    expect(count, name).toBeGreaterThan(15);
    words.push(count);
    const step = names.find((it) => name.includes(`, ${it}: `));
    if (step) {
      await expect(panel.locator('.message-step')).toContainText(step);
      steps.push(step);
    }
    if ((await turn.getAttribute('aria-disabled')) === 'true') return { steps, told, words };
    const place = panel.locator('.replay-at');
    const before = (await place.textContent()) ?? '';
    await turn.click();
    await expect(place).not.toHaveText(before);
  }
}
