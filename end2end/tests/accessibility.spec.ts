import type { Device } from '../support/device.ts';
import { expectAccessibleInEveryLook } from '../support/accessible.ts';
import { expect, test } from '../support/test.ts';

async function see(device: Device, path: string): Promise<void> {
  await device.page.goto(path);
  await expect(device.page.getByRole('heading', { level: 1 })).toBeVisible();
  await expectAccessibleInEveryLook(device, path);
}

test('axe finds nothing from the shelf to a film that plays', async ({ device }) => {
  test.slow(); // Axe looks some sixty times.
  const { page } = device;
  for (const path of ['/', '/title/tidewater', '/signin']) await see(device, path);

  await page.getByLabel('Email').fill('nobody@example.com');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await device.expectAlert(/do not belong together/);
  await expectAccessibleInEveryLook(device, 'a failed sign-in');

  await device.signIn();
  for (const path of ['/', '/devices', '/checkout/tidewater/buy']) await see(device, path);
  await device.register();
  await expectAccessibleInEveryLook(device, 'a registered device');
  await device.order('Buy', 'tidewater', '1234');
  await device.expectAlert(/not a card number/);
  await expectAccessibleInEveryLook(device, 'a refused card');
  await device.order('Rent', 'tidewater');
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  await expectAccessibleInEveryLook(device, 'before playing');
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  await expectAccessibleInEveryLook(device, 'playing');
  for (const path of ['/', '/title/tidewater', '/watch/north-light']) await see(device, path);
});

test('axe finds nothing in the workflow, from the first message to a refusal', async ({
  device,
  newDevice,
  expectedRefusals,
}) => {
  test.slow();
  expectedRefusals.count = 1;
  const { page } = device;
  await device.signIn();
  await see(device, '/workflow');
  await device.register();
  await device.order('Rent', 'tidewater');
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  for (const path of ['/workflow', '/workflow?upto=3']) await see(device, path);
  await page.getByRole('link', { name: 'Show everything' }).click();
  await page.getByText('The same as a list').click();
  await page.getByRole('link', { name: /Token for one device/ }).first().click();
  await page.getByText('Copy as curl').click();
  await expectAccessibleInEveryLook(device, 'a message that is chosen');

  await page.locator('a.value').first().click();
  await expect(page.locator('.followed')).toBeVisible();
  await expectAccessibleInEveryLook(device, 'a value that is followed');

  const other = await newDevice();
  await other.signIn();
  await other.page.goto('/watch/tidewater');
  const { panel } = other;
  await other.openPanel();
  await other.page.getByRole('button', { name: 'Play' }).click();
  await other.expectAlert('-4001');
  await expectAccessibleInEveryLook(other, 'a refused licence beside the panel');
  await panel.getByRole('link', { name: 'Refused, -4001' }).click();
  await expect(panel.locator('.cross-check')).toBeVisible();
  await expectAccessibleInEveryLook(other, 'the cross-check in the panel');
  await panel.getByRole('link', { name: 'Close' }).click();
  await panel.getByRole('link', { name: 'Step by step' }).click();
  await expect(panel.locator('.replay-at')).toBeVisible();
  await expectAccessibleInEveryLook(other, 'a replay in the panel');
});

test('axe finds nothing in an account', async ({ device, newDevice, expectedRefusals }) => {
  test.slow();
  expectedRefusals.count = 1;
  const { page } = device;
  await see(device, '/signup');
  await page.getByRole('button', { name: 'Create account' }).click();
  await device.expectAlert(/needs another look/);
  await expectAccessibleInEveryLook(device, 'a failed sign-up');

  await device.signIn();
  await see(device, '/orders');
  await page.goto('/account');
  await page.getByRole('button', { name: 'Change password' }).click();
  await device.expectAlert(/needs another look/);
  await expectAccessibleInEveryLook(device, 'a password that will not do');

  await device.register();
  await device.order('Buy', 'tidewater');
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  const other = await newDevice();
  await other.signIn();
  await other.play('tidewater');
  await other.expectAlert('-4001');
  await see(device, '/orders');
  await page.getByRole('link', { name: 'Receipt for Tidewater' }).click();
  await expect(page.locator('[data-outcome=refused]')).toBeVisible();
  await expectAccessibleInEveryLook(device, 'a receipt and its history');

  await page.goto('/account');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await expectAccessibleInEveryLook(device, 'signed out everywhere');
});

test('what is not there is said so', async ({ shop, device }) => {
  for (const path of ['/nothing/here', '/title/nothing-here', '/watch/nothing-here']) {
    // A request of its own: a browser puts a line in the console for a page that is not there.
    const answer = await device.page.request.get(`${shop.url}${path}`);
    expect(answer.status(), path).toBe(404);
    expect(await answer.text()).toContain('<h1');
  }
});
