/** What a person with a keyboard and no mouse does. */
import { type Locator, type Page, expect } from '@playwright/test';
import type { Viewer } from './shop.ts';

type Role = 'link' | 'button' | 'textbox';

/** Moves the focus forward until it is where it should be. */
export async function tabTo(page: Page, role: Role, name: string | RegExp): Promise<void> {
  const goal = page.getByRole(role, { name, exact: typeof name === 'string' }).first();
  await expect(goal).toBeEnabled();
  await reach(page, goal);
}

/** The same for what has no role that is asked for. */
export async function reach(page: Page, goal: Locator): Promise<void> {
  await expect(goal).toBeVisible();
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    if (await goal.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`80 presses of Tab do not lead to ${goal}`);
}

export async function press(page: Page, role: 'link' | 'button', name: string | RegExp): Promise<void> {
  await tabTo(page, role, name);
  await page.keyboard.press('Enter');
}

/** Signs in, from a page that says so. */
export async function signIn(page: Page, { email, password }: Viewer): Promise<void> {
  await press(page, 'link', 'Sign in');
  await tabTo(page, 'textbox', 'Email');
  await page.keyboard.type(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}
