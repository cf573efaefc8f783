import { expectAccessible } from '../support/accessible.ts';
import { CARD } from '../support/device.ts';
import { Film } from '../support/film.ts';
import { press, signIn, tabTo } from '../support/keyboard.ts';
import { expect, test } from '../support/test.ts';

/** A window of 1280 × 800 at 200 % has as much room as this, and two pixels for each of the page's. */
const TWICE = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };

test('the whole flow at 200 % zoom and by keyboard alone, with nothing cut off', async ({
  shop,
  newDevice,
}) => {
  const device = await newDevice({ ...TWICE, reducedMotion: 'reduce' });
  const { page } = device;
  await page.goto('/');
  await expectAccessible(device, 'the catalogue');
  await signIn(page, shop.viewer);

  await press(page, 'link', /Tidewater/);
  await expect(page.getByRole('heading', { level: 1, name: 'Tidewater' })).toBeVisible();
  await expectAccessible(device, 'the title');
  await press(page, 'link', 'Buy');
  await expect(page).toHaveURL(/\/checkout\//);
  await expectAccessible(device, 'a till that needs a device');
  await press(page, 'button', 'Register this device');
  await tabTo(page, 'textbox', 'Card number');
  await expectAccessible(device, 'the till');
  await page.keyboard.type(CARD);
  await press(page, 'button', 'Pay');
  await press(page, 'button', 'Play');
  await device.expectPlaying();
  await new Film(page).expectInPlace();
  await expectAccessible(device, 'the film');

  for (const path of ['/devices', '/lab', '/workflow', '/orders', '/account']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectAccessible(device, path);
  }
});
