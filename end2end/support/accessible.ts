import axe, { type RunOnly, type RunOptions } from 'axe-core';
import { type Page, expect } from '@playwright/test';

const EVERY_RULE: RunOnly = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};
/** Those of them that a page can break by its colours alone. */
const COLOUR_RULES: RunOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

/** What axe finds. It stays in the page, so that the next look at the same page costs little. */
async function violations(page: Page, rules: RunOnly): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const options: RunOptions = { runOnly: rules, resultTypes: ['violations'] };
  return page.evaluate(async (options) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, options);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' | ')}`);
  }, options);
}

/** Axe finds nothing, and nothing is wider than the screen. */
export async function expectAccessible(
  { page }: { page: Page },
  what: string,
  rules = EVERY_RULE,
): Promise<void> {
  expect(await violations(page, rules), what).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${what} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** The same by day and by night, which differ in their colours alone. */
export async function expectAccessibleDayAndNight(device: { page: Page }, what: string): Promise<void> {
  const { page } = device;
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await expectAccessible(device, `${what}, light`);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await expectAccessible(device, `${what}, dark`, COLOUR_RULES);
}

/** The same on a telephone, too. */
export async function expectAccessibleInEveryLook(device: { page: Page }, what: string): Promise<void> {
  for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 800 }]) {
    await device.page.setViewportSize(viewport);
    await expectAccessibleDayAndNight(device, `${what}, ${viewport.width} px`);
  }
}
