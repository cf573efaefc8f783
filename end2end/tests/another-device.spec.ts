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
