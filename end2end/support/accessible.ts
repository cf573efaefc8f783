import { AxeBuilder } from '@axe-core/playwright';
import { type Page, expect } from '@playwright/test';

/** Axe finds nothing, and nothing is wider than the screen. */
export async function expectAccessible({ page }: { page: Page }, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' | ')}`);
  expect(found, what).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${what} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** The same by day and by night. */
export async function expectAccessibleDayAndNight(device: { page: Page }, what: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await device.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectAccessible(device, `${what}, ${colorScheme}`);
  }
}

/** The same on a telephone, too. */
export async function expectAccessibleInEveryLook(device: { page: Page }, what: string): Promise<void> {
  for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 800 }]) {
    await device.page.setViewportSize(viewport);
    await expectAccessibleDayAndNight(device, `${what}, ${viewport.width} px`);
  }
}
