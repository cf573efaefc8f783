import { expect, test } from '../support/test.ts';

test('a wrong password says so, and keeps the email', async ({ shop, device }) => {
  const { page } = device;
  await page.goto('/signin');
  await page.getByLabel('Email').fill(shop.viewer.email);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await device.expectAlert('That email and password do not belong together');
  await expect(page.getByLabel('Email')).toHaveValue(shop.viewer.email);
  await expect(page.getByLabel('Password')).toHaveValue('');
  expect(page.url()).not.toContain(encodeURIComponent(shop.viewer.email));
  expect(page.url()).not.toContain(shop.viewer.email);

  await page.reload();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('an unknown viewer hears the same', async ({ device }) => {
  await device.page.goto('/signin');
  await device.page.getByLabel('Email').fill('nobody@example.com');
  await device.page.getByLabel('Password').fill('whatever');
  await device.page.getByRole('button', { name: 'Sign in' }).click();
  await device.expectAlert('That email and password do not belong together');
});

test('who is sent to sign in comes back, and to this shop alone', async ({ shop, device }) => {
  const { page } = device;
  await page.goto('/checkout/tidewater/buy');
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.getByLabel('Email').fill(shop.viewer.email);
  await page.getByLabel('Password').fill(shop.viewer.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/checkout\/tidewater\/buy$/);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await page.goto('/signin?next=//evil.example.org/');
  await page.getByLabel('Email').fill(shop.viewer.email);
  await page.getByLabel('Password').fill(shop.viewer.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${shop.url}/`);
});
