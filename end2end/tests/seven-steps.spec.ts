import { CARD, expectMovement, expectRealFrame } from '../support/device.ts';
import { press, signIn, tabTo } from '../support/keyboard.ts';
import { expect, test } from '../support/test.ts';

test('the seven steps by mouse, from the shelf to a film that plays', async ({ shop, device }) => {
  const { page } = device;
  await page.goto('/');
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('Email').fill(shop.viewer.email);
  await page.getByLabel('Password').fill(shop.viewer.password);
  await page.getByRole('button', { name: 'Sign in' }).click();

  await page.getByRole('link', { name: /Tidewater/ }).first().click();
  await page.getByRole('link', { name: 'Buy', exact: true }).click();
  // A device that nobody knows yet is registered on the way to the till.
  await page.getByRole('button', { name: 'Register this device' }).click();
  await device.pay();
  await expect(page).toHaveURL(/\/watch\/tidewater/);
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  const first = await device.picture();
  expectRealFrame(first);
  await device.expectPlaying(6);
  const second = await device.picture();
  expectRealFrame(second);
  expectMovement(first, second);

  // The same, as the server and ExpressPlay tell it.
  const steps = [...shop.log.matchAll(/step=(\d)/g)].map((match) => Number(match[1]));
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const [dummy, bought, ...rest] = await shop.records();
  expect(rest).toEqual([]);
  expect(dummy).toMatchObject({ status: 'issued', device_id: bought.device_id });
  expect(bought).toMatchObject({ status: 'issued', cookie: dummy.cookie });
  expect(bought.kids).not.toEqual(dummy.kids);
});

test('the seven steps by keyboard alone', async ({ shop, device }) => {
  const { page } = device;
  await page.goto('/');
  await signIn(page, shop.viewer);

  await press(page, 'link', /Lit Windows/);
  await press(page, 'link', 'Buy');
  await press(page, 'button', 'Register this device');
  await tabTo(page, 'textbox', 'Card number');
  await page.keyboard.type(CARD);
  await press(page, 'button', 'Pay');
  // This title has a key for the picture and another for the sound.
  await press(page, 'button', 'Play');
  await device.expectPlaying();
  expectRealFrame(await device.picture());
});

test('the title page plays what one owns', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await device.order('Buy', 'north-light');
  await page.goto('/title/north-light');
  await page.getByRole('link', { name: 'Play' }).click();
  await device.expectPlaying();
});

test('a registered device is shown with the id that ExpressPlay recorded', async ({
  shop,
  device,
}) => {
  await device.signIn();
  const shown = await device.register();
  const [dummy] = await shop.records();
  expect(shown).toBe(dummy.device_id);
  await device.page.reload();
  await expect(device.page.getByText(shown).first()).toBeVisible();
});
