import { CARD } from '../support/device.ts';
import { expect, test } from '../support/test.ts';

test('without script one browses, signs in, and buys for a device registered earlier', async ({
  device,
  newDevice,
}) => {
  await device.signIn();
  const id = await device.register();

  const plain = await newDevice({ javaScriptEnabled: false });
  const { page } = plain;
  await page.goto('/');
  await expect(page.getByRole('link', { name: /Tidewater/ }).first()).toBeVisible();
  await plain.signIn();
  await page.goto('/title/tidewater');
  await page.getByRole('link', { name: 'Buy', exact: true }).click();
  await expect(page.getByText('Registration needs JavaScript')).toBeVisible();
  await page.getByRole('radio', { name: new RegExp(`${id.slice(0, 4)}…${id.slice(28)}`) }).check();
  await page.getByLabel('Card number').fill(CARD);
  await page.getByRole('button', { name: 'Pay' }).click();
  await expect(page).toHaveURL(/\/watch\/tidewater/);

  // It plays on the device that it was bought for.
  await device.play('tidewater');
  await device.expectPlaying();
});

test('without script and without a device the page says why it cannot go on', async ({
  newDevice,
}) => {
  const plain = await newDevice({ javaScriptEnabled: false });
  await plain.signIn();
  await plain.page.goto('/checkout/tidewater/buy');
  await expect(plain.page.getByText('Registration needs JavaScript')).toBeVisible();
  await plain.page.goto('/devices');
  await expect(plain.page.getByText('Registration needs JavaScript')).toBeVisible();
});

test("the catalogue's html arrives with its titles in it", async ({ shop, request }) => {
  const html = await (await request.get(shop.url)).text();
  for (const title of ['Tidewater', 'Lit Windows', 'Murmuration']) expect(html).toContain(title);
});

test('without script one signs up and changes the password', async ({ shop, newDevice }) => {
  const plain = await newDevice({ javaScriptEnabled: false });
  const { page } = plain;
  const { email, password } = shop.stranger();
  await page.goto('/signup');
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await plain.expectAlert('Something in the form needs another look.');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();

  await page.getByRole('link', { name: 'Account: Ada' }).click();
  const changed = shop.stranger().password;
  await page.getByLabel('Current password').fill(password);
  await page.getByLabel('New password').fill(changed);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status')).toHaveText('Your password is changed.');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByRole('status')).toHaveText(/everywhere: in 1 browser\./);
  await plain.signIn({ email, password: changed });
});
