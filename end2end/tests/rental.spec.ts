import { expect, test } from '../support/test.ts';

const HOUR = 3600;

test('a rental that plays stops when its time is up, and cannot be started again', async ({
  shop,
  device,
}) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await device.order('Rent', 'koi-in-september');
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  await expect(page.getByRole('timer')).toContainText(/4[78] h/);

  await shop.expressPlay.clock.advance(49 * HOUR);
  await device.expectAlert('Your rental has ended');
  await expect(page.locator('video')).toHaveCount(0);

  await page.goto('/watch/koi-in-september');
  await device.expectAlert(/rental has ended/i);
  await expect(page.getByRole('button', { name: 'Play' })).toHaveCount(0);
});

test('a rental that is not started in time is over', async ({ shop, device }) => {
  await device.signIn();
  await device.register();
  await device.order('Rent', 'paper-morning');
  await shop.expressPlay.clock.advance(31 * 24 * HOUR);
  await device.page.goto('/watch/paper-morning');
  await device.expectAlert(/time to start this rental/i);
});
