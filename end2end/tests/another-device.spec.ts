import { expect, test } from '../support/test.ts';

const SHORT_ID = /[0-9a-f]{4}…[0-9a-f]{4}/g;

for (const kind of ['Buy', 'Rent'] as const) {
  test(`${kind}: it plays where it was ordered, and nowhere else`, async ({
    shop,
    device,
    newDevice,
    expectedRefusals,
  }) => {
    expectedRefusals.count = 1;
    await device.signIn();
    const idOfA = await device.register();
    await device.order(kind, 'murmuration');
    await device.page.getByRole('button', { name: 'Play' }).click();
    await device.expectPlaying();

    const other = await newDevice();
    await other.signIn();
    await other.play('murmuration');
    await other.expectAlert('-4001');
    await other.expectNothingPlays();
    await expect(other.page.getByRole('button', { name: 'Try again' })).toBeFocused();
    const shown = await other.page.getByRole('alert').textContent();
    const [a, b] = shown?.match(SHORT_ID) ?? [];
    expect(a).toBe(`${idOfA.slice(0, 4)}…${idOfA.slice(28)}`);
    const refused = (await shop.records()).at(-1);
    expect(refused).toMatchObject({ status: 'refused', error_code: -4001, device_id: null });
    expect(b).toBe(
      `${refused?.refused_device_id?.slice(0, 4)}…${refused?.refused_device_id?.slice(28)}`,
    );

    // The first device is none the worse for it.
    await device.play('murmuration');
    await device.expectPlaying();
  });
}

test('a registered second device is refused all the same', async ({
  device,
  newDevice,
  expectedRefusals,
}) => {
  expectedRefusals.count = 1;
  await device.signIn();
  await device.register();
  await device.order('Buy', 'slow-ink');
  await expect(device.page).toHaveURL(/watch/);

  const other = await newDevice();
  await other.signIn();
  await other.register();
  await other.play('slow-ink');
  await other.expectAlert('-4001');
});

test('one browser is two devices: what one of them bought is refused on the other', async ({
  device,
  expectedRefusals,
}) => {
  expectedRefusals.count = 1;
  const { page } = device;
  await device.signIn();
  const first = await device.register();
  await device.order('Buy', 'tidewater');
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();

  await page.goto('/devices');
  await page.getByRole('button', { name: 'Use device B' }).click();
  await expect(page.getByText('This browser is not registered as a device of yours.')).toBeVisible();
  await device.play('tidewater');
  await device.expectAlert('-4001');
  await device.expectAlert(first.slice(0, 4));
  await device.expectNothingPlays();
  const second = await device.register();
  expect(second).not.toBe(first);

  // From the top of any page, and back to where one was.
  await page.goto('/watch/tidewater');
  await page.getByRole('button', { name: 'Use device A' }).click();
  await expect(page).toHaveURL(/\/watch\/tidewater$/);
  await page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  await page.goto('/devices');
  await expect(page.getByText(first)).toBeVisible();
});
