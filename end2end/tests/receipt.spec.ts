import { CARD, type Device } from '../support/device.ts';
import { press, tabTo } from '../support/keyboard.ts';
import { expect, test } from '../support/test.ts';

test('from signing up to a receipt that shows the licence, by keyboard alone', async ({
  shop,
  device,
}) => {
  test.slow();
  const { page } = device;
  const { email, password } = shop.stranger();
  await page.goto('/');
  await press(page, 'link', 'Sign in');
  await press(page, 'link', 'Create account');
  await tabTo(page, 'textbox', 'Name');
  await page.keyboard.type('Astrid');
  await page.keyboard.press('Tab');
  await page.keyboard.type(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Account: Astrid' })).toBeVisible();

  await press(page, 'link', 'Devices');
  await press(page, 'button', 'Register this device');
  const id = (await page.getByText(/^[0-9a-f]{32}$/).first().textContent()) ?? '';
  await page.goto('/title/tidewater');
  await press(page, 'link', 'Buy');
  await tabTo(page, 'textbox', 'Card number');
  await page.keyboard.type(CARD);
  await press(page, 'button', 'Pay');
  await press(page, 'button', 'Play');
  await device.expectPlaying();

  await press(page, 'link', 'Account: Astrid');
  await press(page, 'link', 'Your orders');
  await press(page, 'link', 'Receipt for Tidewater');
  const receipt = page.getByRole('article', { name: 'Receipt' });
  for (const text of ['Tidewater', '€9.99', 'ending in 4242', 'Astrid', id]) {
    await expect(receipt).toContainText(text);
  }
  const history = page.getByRole('region', { name: 'Tokens and licences' });
  const short = `${id.slice(0, 4)}…${id.slice(28)}`;
  await expect(history.locator('.token-list > li')).toHaveCount(1);
  await expect(history.locator('.token-list')).toContainText(`Licence issued, device ${short}`);

  // ExpressPlay says the same, once it is asked.
  await press(page, 'button', 'Read the records again');
  await expect(history.locator('.record-list')).toContainText(`Licence issued, device ${short}`);
  const [, bought] = await shop.records();
  await expect(history.locator('.record-list')).toContainText(`record ${bought.event_id}`);
  await tabTo(page, 'link', 'In the workflow');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Copy as curl')).toBeVisible();
});

test('a refusal elsewhere is in the history, too, and reads as one', async ({
  device,
  newDevice,
  expectedRefusals,
}) => {
  expectedRefusals.count = 1;
  await bought(device);
  const other = await newDevice();
  await other.signIn();
  await other.play('tidewater');
  await other.expectAlert('-4001');
  await device.page.getByRole('link', { name: 'Receipt for Tidewater' }).click();
  const refused = device.page.locator('.token-list [data-outcome=refused]');
  await expect(refused).toHaveText(/Refused, -4001, device [0-9a-f]{4}…[0-9a-f]{4}/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`on paper there is the receipt alone, on one page, from a ${colorScheme} screen`, async ({
    newDevice,
  }, info) => {
    const device = await newDevice({ colorScheme });
    const { page } = device;
    await bought(device);
    await page.getByRole('link', { name: 'Receipt for Tidewater' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Receipt' })).toBeVisible();
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByText('Order number')).toBeVisible();
    for (const hidden of ['.masthead', '.footer', '.order-history', '.order-links']) {
      await expect(page.locator(hidden), hidden).toBeHidden();
    }
    const [ink, paper] = await page.evaluate(() => [
      getComputedStyle(document.querySelector('.receipt')!).color,
      getComputedStyle(document.documentElement).backgroundColor,
    ]);
    const brightness = ink.match(/\d+/g)!.slice(0, 3).map(Number);
    expect(Math.max(...brightness), 'ink').toBeLessThan(60);
    expect(paper).toBe('rgba(0, 0, 0, 0)');
    await page.screenshot({ path: info.outputPath('receipt.png'), fullPage: true });
    const pdf = await page.pdf({ format: 'A4', path: info.outputPath('receipt.pdf') });
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  });
}

/** A viewer with a film, on its watch page. */
async function bought(device: Device): Promise<void> {
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater');
  await expect(device.page.getByText(/^Bought on/)).toBeVisible();
}
