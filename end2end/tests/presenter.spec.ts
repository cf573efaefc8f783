import { expectAccessibleDayAndNight, expectAccessibleInEveryLook } from '../support/accessible.ts';
import { expect, test } from '../support/test.ts';

test.use({ flags: ['--presenter'] });

test('a presenter is Alice, lets a token expire, breaks ExpressPlay, and starts afresh', async ({
  device,
  expectedRefusals,
}) => {
  expectedRefusals.count = 1;
  const { page } = device;
  const drawer = page.getByRole('complementary', { name: 'Presenter' });
  const press = (name: string) => drawer.getByRole('button', { name }).click();
  await page.goto('/');
  await drawer.getByText('Presenter').click();
  await press('Be Alice');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  // As open on the next page as it was left.
  await device.register();
  await expect(drawer.getByRole('heading', { name: "ExpressPlay's clock" })).toBeVisible();

  await device.order('Rent', 'tidewater');
  await expect(drawer.getByText('Tidewater: to be started within')).toBeVisible();
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  // It counts what has just begun, on the page where that is seen.
  await expect(drawer.getByText('Tidewater: to be started within')).toHaveCount(0);
  await page.goto('/title/tidewater');
  const token = drawer.getByRole('listitem').filter({ hasText: 'its last token' }).getByRole('timer');
  const before = await token.textContent();
  await expect(token).toHaveText(/^0:0[01]:\d\d$/);
  await expect(token).not.toHaveText(before ?? '');
  await expectAccessibleDayAndNight(device, 'an open drawer');

  await press('+ 2 minutes');
  await expect(token).toHaveCount(0);
  await expect(drawer.getByText(/It is 0:02:\d\d ahead of real time\.$/)).toBeVisible();
  await press('+ 2 days');
  await page.goto('/watch/tidewater');
  await device.expectAlert('Your rental has ended');

  const noCredits = drawer.getByRole('button', { name: 'No credits' });
  await noCredits.click();
  await expect(noCredits).toHaveAttribute('aria-pressed', 'true');
  await device.order('Buy', 'slow-ink');
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectAlert('-2019');
  await noCredits.click();
  await expect(noCredits).toHaveAttribute('aria-pressed', 'false');
  await device.play('slow-ink');
  await device.expectPlaying();

  await drawer.getByText('Start afresh …').click();
  await press('Forget everything');
  await expect(drawer.getByText(/It shows real time/)).toBeVisible();
  await expect(drawer.getByRole('status').filter({ hasText: 'forgotten' })).toBeInViewport();
  // The next demonstration begins on the first device, and has the other at hand.
  await expect(page.getByRole('button', { name: 'Use device B' })).toBeVisible();
  await page.goto('/devices');
  await expect(page.getByText('This browser is not registered as a device of yours.')).toBeVisible();
  await drawer.getByText('Presenter', { exact: true }).click();
  await device.expectKept('presenter', '');
  await page.goto('/');
  await expect(drawer.getByRole('button', { name: 'Be Bob' })).toBeHidden();
});

test('a second screen follows whoever is signed in', async ({ shop, device }) => {
  const { page } = device;
  const drawer = page.getByRole('complementary', { name: 'Presenter' });
  await page.goto('/devices');
  await drawer.getByText('Presenter').click();
  await drawer.getByRole('button', { name: 'Be Alice' }).click();
  await device.register();
  const screen = await device.context.newPage();
  await screen.goto('/workflow');
  await expect(screen.getByRole('link', { name: 'Your device_id' })).toBeVisible();
  await drawer.getByRole('button', { name: 'Be Bob' }).click();
  await expect(screen.getByText('Nothing has happened yet')).toBeVisible();
  await device.register();
  await expect(screen.getByRole('link', { name: 'Your device_id' })).toBeVisible();
  await drawer.getByText('Start afresh …').click();
  await drawer.getByRole('button', { name: 'Forget everything' }).click();
  await expect(screen.getByText('Nothing has happened yet')).toBeVisible();
  // What the browser says of news that are refused.
  device.tolerated = /status of 401/;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(screen.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  expect(shop.log).not.toContain('ERROR');
});

test('axe finds nothing in the drawer in Swedish', async ({ newDevice }) => {
  const device = await newDevice({ locale: 'sv-SE', viewport: { width: 390, height: 844 } });
  await device.page.goto('/title/tidewater');
  const drawer = device.page.getByRole('complementary', { name: 'Presentatör' });
  await drawer.getByText('Presentatör').click();
  await expect(drawer.getByRole('button', { name: 'Bli Bob' })).toBeVisible();
  await expectAccessibleDayAndNight(device, 'the drawer');
  await drawer.getByRole('button', { name: 'Bli Bob' }).click();
  await device.page.goto('/devices');
  await device.openPanel();
  await expect(device.page.getByText('Ännu har inget hänt')).toBeVisible();
  await expectAccessibleInEveryLook(device, 'the drawer and the panel');
});

test('the drawer works without script, in Swedish, on a phone', async ({ newDevice }) => {
  const device = await newDevice({
    javaScriptEnabled: false,
    locale: 'sv-SE',
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  const { page } = device;
  await page.goto('/title/tidewater');
  const drawer = page.getByRole('complementary', { name: 'Presentatör' });
  await drawer.getByText('Presentatör').click();
  await drawer.getByRole('button', { name: 'Bli Bob' }).click();
  await expect(page).toHaveURL(/\/title\/tidewater#presenter$/);
  await expect(page.getByRole('button', { name: 'Logga ut' })).toBeVisible();
  await drawer.getByText('Börja om …').click();
  await drawer.getByRole('button', { name: 'Glöm allt' }).click();
  await expect(drawer.getByText('Allt detta är glömt.')).toBeInViewport({ ratio: 1 });
  await drawer.getByRole('button', { name: '+ 1 timme' }).click();
  await expect(drawer.getByText(/Den går 1:00:\d\d före verklig tid\.$/)).toBeVisible();
});
