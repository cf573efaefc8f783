import { expectAccessible } from '../support/accessible.ts';
import { expect, test } from '../support/test.ts';

const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  { colorScheme: 'light', viewport: { width: 1920, height: 1080 } },
] as const;

for (const look of LOOKS) {
  test(`axe finds nothing: ${look.colorScheme}, ${look.viewport.width} px`, async ({
    newDevice,
    expectedRefusals,
  }) => {
    test.slow(); // Axe looks some twenty times.
    expectedRefusals.count = 1;
    const device = await newDevice({ ...look, reducedMotion: 'reduce' });
    const { page } = device;
    const see = async (path: string) => {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectAccessible(device, path);
    };
    for (const path of ['/', '/title/tidewater', '/signin']) await see(path);

    await page.getByLabel('Email').fill('nobody@example.com');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await device.expectAlert(/do not belong together/);
    await expectAccessible(device, 'a failed sign-in');

    await device.signIn();
    for (const path of ['/', '/devices', '/checkout/tidewater/buy']) await see(path);
    await device.register();
    await expectAccessible(device, 'a registered device');
    await device.order('Buy', 'tidewater', '1234');
    await device.expectAlert(/not a card number/);
    await expectAccessible(device, 'a refused card');
    await device.order('Rent', 'tidewater');
    await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
    await expectAccessible(device, 'before playing');
    await page.getByRole('button', { name: 'Play' }).click();
    await device.expectPlaying();
    await expectAccessible(device, 'playing');
    for (const path of ['/', '/title/tidewater', '/watch/north-light']) await see(path);

    for (const path of ['/workflow', '/workflow?upto=3']) await see(path);
    await page.getByRole('link', { name: 'Show everything' }).click();
    await page.getByText('The same as a list').click();
    await page.getByRole('link', { name: /Token for one device/ }).first().click();
    await page.getByText('Copy as curl').click();
    await expectAccessible(device, 'a message that is chosen');
    await page.goto('/devices');
    await page.locator('.workflow-panel > summary').click();
    await expect(page.getByRole('link', { name: 'Its device_id' }).first()).toBeVisible();
    await expectAccessible(device, 'the panel');

    const other = await newDevice({ ...look, reducedMotion: 'reduce' });
    await other.signIn();
    await other.play('tidewater');
    await other.expectAlert('-4001');
    await expectAccessible(other, 'a refused licence');
  });
}

for (const look of LOOKS.slice(0, 4)) {
  test(`axe finds nothing in an account: ${look.colorScheme}, ${look.viewport.width} px`, async ({
    newDevice,
    expectedRefusals,
  }) => {
    expectedRefusals.count = 1;
    const device = await newDevice({ ...look, reducedMotion: 'reduce' });
    const { page } = device;
    await page.goto('/signup');
    await expectAccessible(device, '/signup');
    await page.getByRole('button', { name: 'Create account' }).click();
    await device.expectAlert(/needs another look/);
    await expectAccessible(device, 'a failed sign-up');

    await device.signIn();
    await page.goto('/orders');
    await expectAccessible(device, 'no orders');
    await page.goto('/account');
    await page.getByRole('button', { name: 'Change password' }).click();
    await device.expectAlert(/needs another look/);
    await expectAccessible(device, 'a password that will not do');

    await device.register();
    await device.order('Buy', 'tidewater');
    await page.getByRole('button', { name: 'Play' }).click();
    await device.expectPlaying();
    const other = await newDevice();
    await other.signIn();
    await other.play('tidewater');
    await other.expectAlert('-4001');
    await page.goto('/orders');
    await expectAccessible(device, '/orders');
    await page.getByRole('link', { name: 'Receipt for Tidewater' }).click();
    await expect(page.locator('[data-outcome=refused]')).toBeVisible();
    await expectAccessible(device, 'a receipt and its history');

    await page.goto('/account');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(page.getByRole('status')).toBeVisible();
    await expectAccessible(device, 'signed out everywhere');
  });
}

test('what is not there is said so, accessibly', async ({ shop, device }) => {
  for (const path of ['/nothing/here', '/title/nothing-here', '/watch/nothing-here']) {
    // A request of its own: a browser puts a line in the console for a page that is not there.
    const answer = await device.page.request.get(`${shop.url}${path}`);
    expect(answer.status(), path).toBe(404);
    expect(await answer.text()).toContain('<h1');
  }
});
