import { expectAccessibleDayAndNight } from '../support/accessible.ts';
import { expectAsJournalled } from '../support/messages.ts';
import { expect, test } from '../support/test.ts';

test('a purchase moves to the other device, plays there, and is refused where it was', async ({
  shop,
  device,
  expectedRefusals,
}) => {
  expectedRefusals.count = 2;
  const { page } = device;
  await device.signIn();
  const a = await device.register();
  await device.order('Buy', 'tidewater');
  await page.goto('/devices');
  await expect(page.getByRole('link', { name: 'Tidewater' })).toBeVisible();
  await page.getByRole('button', { name: 'Use device B' }).click();

  // Not registered yet: the page that moves it does that first. The refusal leads there, as the
  // devices do.
  await expect(page.getByRole('link', { name: 'Move Tidewater to this device' })).toBeVisible();
  await page.goto('/watch/tidewater?play');
  await device.expectAlert('-4001');
  await page.getByRole('link', { name: 'Move to this device' }).click();
  await expect(page.getByText(a)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Move it here' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Register this device' }).click();
  await expect(page.getByRole('button', { name: 'Move it here' })).toBeVisible();
  await expectAccessibleDayAndNight(device, 'before the move');
  await page.getByRole('button', { name: 'Move it here' }).press('Enter');

  await expect(page).toHaveURL(/\/devices$/);
  await expect(page.getByText(/moved here on/)).toBeVisible();
  await expectAccessibleDayAndNight(device, 'after the move');
  await expect(page.getByRole('link', { name: 'Move Tidewater to this device' })).toHaveCount(0);
  await device.play('tidewater');
  await device.expectPlaying();
  const b = (await shop.records()).at(-1)?.device_id;
  expect(b).not.toBe(a);

  await page.goto('/watch/tidewater');
  await page.getByRole('button', { name: 'Use device A' }).click();
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectAlert('-4001');
  expect((await shop.records()).at(-1)).toMatchObject({ refused_device_id: a, status: 'refused' });

  await expectAsJournalled(device);

  // It cannot go straight back.
  await page.goto('/devices');
  await page.getByRole('link', { name: 'Move Tidewater to this device' }).click();
  await expect(page.getByText(/can be moved again from/)).toBeVisible();
  await expectAccessibleDayAndNight(device, 'too soon for another move');
  await expect(page.getByRole('button', { name: 'Move it here' })).toHaveCount(0);
});
