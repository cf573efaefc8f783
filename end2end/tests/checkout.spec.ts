import { CARD, DECLINED } from '../support/device.ts';
import { expect, test } from '../support/test.ts';

test('a declined card charges nothing, and another card goes through', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater', DECLINED);
  await device.expectAlert('The card was declined. Nothing was charged.');
  await page.goto('/title/tidewater');
  await expect(page.getByRole('link', { name: 'Play' })).toHaveCount(0);

  await device.order('Buy', 'tidewater', CARD);
  await expect(page).toHaveURL(/\/watch\/tidewater/);
});

test('a number that no card has is refused beside the field', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater', '1234');
  await device.expectAlert('That is not a card number');
  const field = page.getByLabel('Card number');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  const described = (await field.getAttribute('aria-describedby')) ?? '';
  await expect(page.locator(`#${described.split(' ')[0]}`)).toHaveRole('alert');
});

test('a double click pays once', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/checkout/tidewater/buy');
  await page.getByLabel('Card number').fill(CARD);
  await page.getByRole('button', { name: 'Pay' }).dblclick();
  await expect(page).toHaveURL(/\/watch\/tidewater/);
  await page.goto('/title/tidewater');
  await expect(page.getByText(/^Bought on/)).toHaveCount(1);
});
