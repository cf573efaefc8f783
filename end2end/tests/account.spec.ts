import { expect, test } from '../support/test.ts';

test('who signs up goes on to where they were going, and comes back by the same password', async ({
  shop,
  device,
}) => {
  const { page } = device;
  const { email, password } = shop.stranger();
  await page.goto('/checkout/tidewater/buy');
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('Name').fill('Åsa');
  await page.getByLabel('Email').fill(email);
  const field = page.getByLabel('Password');
  await expect(field).toHaveAttribute('autocomplete', 'new-password');
  await field.fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(/\/checkout\/tidewater\/buy$/);

  await page.getByRole('link', { name: 'Account: Åsa' }).click();
  await expect(page.getByText(email)).toBeVisible();
  await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
  await device.signIn({ email, password });
});

test('what is wrong stands beside its field, and is read out with it', async ({ shop, device }) => {
  const { page } = device;
  await page.goto('/signup');
  await page.getByLabel('Name').fill('Bo');
  await page.getByLabel('Email').fill('bo at example');
  await page.getByLabel('Password').fill('password');
  await page.getByRole('button', { name: 'Create account' }).click();
  await device.expectAlert('Something in the form needs another look.');
  const email = page.getByLabel('Email');
  await expect(email).toBeFocused();
  await expect(email).toHaveAccessibleDescription(/Wrong: That is not an email address/);
  await expect(email).toHaveAttribute('aria-invalid', 'true');
  await expect(email).toHaveValue('bo at example');
  const password = page.getByLabel('Password');
  await expect(password).toHaveAccessibleDescription(/Too short: .* At least 15 characters/);
  await expect(password).toHaveValue('');
  const name = page.getByLabel('Name');
  await expect(name).toHaveValue('Bo');
  await expect(name).not.toHaveAttribute('aria-invalid');
  expect(page.url()).not.toContain('example');

  await email.fill(shop.viewer.email);
  await password.fill(shop.stranger().password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(email).toHaveAccessibleDescription(/There is an account with this email already/);
  await expect(page.getByRole('link', { name: 'Sign in' })).toHaveCount(1);
});

test('another password signs out who is elsewhere, and signing out everywhere says where', async ({
  shop,
  device,
  newDevice,
}) => {
  const { page } = device;
  const elsewhere = await newDevice();
  await device.signIn();
  await elsewhere.signIn();
  await page.getByRole('link', { name: /^Account/ }).click();
  await expect(page.getByText('Another browser')).toHaveCount(1);
  const { password } = shop.stranger();
  await page.getByLabel('Current password').fill(shop.viewer.password);
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status')).toHaveText(/signed out of every other place: 1 browser\./);
  await elsewhere.page.goto('/account');
  await expect(elsewhere.page).toHaveURL(/\/signin\?next=%2Faccount/);

  const changed = { ...shop.viewer, password };
  await elsewhere.signIn(changed);
  await elsewhere.page.goto('/account');
  await elsewhere.page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(elsewhere.page.getByRole('status')).toHaveText(/everywhere: in 2 browsers\./);
  await page.goto('/account');
  await expect(page).toHaveURL(/\/signin/);
  await device.signIn(changed);
});
