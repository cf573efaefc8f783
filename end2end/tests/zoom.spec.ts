import { expectAccessible } from '../support/accessible.ts';
import { CARD } from '../support/device.ts';
import { Film } from '../support/film.ts';
import { press, reach, signIn, tabTo } from '../support/keyboard.ts';
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

  for (const path of ['/devices', '/workflow', '/orders', '/account']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectAccessible(device, path);
  }
});

test('a refusal, its workings, a move and a theft at 200 % zoom and by keyboard alone', async ({
  shop,
  newDevice,
  expectedRefusals,
}) => {
  test.slow();
  expectedRefusals.count = 2;
  const owner = await newDevice();
  await owner.buyAndPlay('tidewater');
  const device = await newDevice({ ...TWICE, reducedMotion: 'reduce' });
  const { page } = device;
  await page.goto('/');
  await signIn(page, shop.viewer);
  await page.goto('/watch/tidewater');
  await press(page, 'button', 'Play');
  await device.expectAlert('-4001');
  // Where the page ends, the panel's name lies over nothing, which would count as too small.
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await expectAccessible(device, 'the refusal');

  const { panel } = device;
  await reach(page, panel.locator('summary').first());
  await page.keyboard.press('Enter');
  await device.expectLive();
  await press(page, 'link', 'Step by step');
  await expect(panel.locator('.replay-at')).toHaveText(/^1 /);
  await page.keyboard.press('ArrowRight');
  await expect(panel.locator('.replay-at')).toHaveText(/^2 /);
  for (const part of ['summary', '#message-heading']) {
    await expect(panel.locator(part).first()).toBeInViewport({ ratio: 0.99 });
  }
  await expectAccessible(device, 'a replay in the panel');
  await press(page, 'link', 'Show everything');
  await press(page, 'link', 'Refused, -4001');
  await expect(panel.locator('.cross-check')).toBeVisible();
  await expectAccessible(device, 'the cross-check');

  await page.goto('/devices');
  await press(page, 'link', 'Move Tidewater to this device');
  await press(page, 'button', 'Register this device');
  await press(page, 'button', 'Move it here');
  await expect(page.getByText(/moved here on/)).toBeVisible();
  await expectAccessible(device, 'after the move');

  await page.goto('/lab');
  await press(page, 'button', 'Try it: The token on another device');
  await expect(page.locator('[data-promise=kept]')).toBeVisible();
  await expectAccessible(device, 'a theft that failed');
});
