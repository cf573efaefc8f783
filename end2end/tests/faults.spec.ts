import type { Device } from '../support/device.ts';
import type { Effect } from '../support/sandbox.ts';
import { messages } from '../support/messages.ts';
import { expect, test } from '../support/test.ts';

/** What the browser and the player say of a connection or an answer that breaks. */
const BROKEN =
  /^Failed to load resource: (net::ERR_|the server responded with a status of 50)|^Decoded string contains/;

/** Signs in, registers, and buys a film that is not played yet. */
async function buy(device: Device): Promise<void> {
  device.tolerated = BROKEN;
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater');
  await device.page.waitForURL(/watch/);
}

const LICENCE_FAULTS: { name: string; effect: Effect; says: RegExp; refusals: number }[] = [
  { name: '503', effect: { status: 503 }, says: /is not answering/, refusals: 0 },
  { name: 'a reset', effect: 'reset', says: /is not answering/, refusals: 0 },
  { name: 'garbage', effect: 'garbage', says: /is no licence/, refusals: 0 },
  { name: '-2019', effect: { error: -2019 }, says: /-2019.*insufficient tokens/s, refusals: 1 },
];

for (const { name, effect, says, refusals } of LICENCE_FAULTS) {
  test(`${name} in place of a licence is told, and another try plays`, async ({
    shop,
    device,
    expectedRefusals,
  }) => {
    expectedRefusals.count = refusals;
    await buy(device);
    await shop.expressPlay.faults.add({ effect, call: 'license' });
    await device.play('tidewater');
    await device.expectAlert(says);
    await device.expectNothingPlays();
    // The view says no more than that, either.
    const licence = async () => {
      const asked = (await messages(device)).filter((message) => message.act === 'license');
      return asked.map((message) => message.outcome?.outcome);
    };
    await expect.poll(licence).toEqual([expect.stringMatching(/^(refused|senseless|lost)$/)]);

    await shop.expressPlay.faults.clear();
    await device.page.getByRole('button', { name: 'Try again' }).click();
    await device.expectPlaying();
  });
}

test('a slow licence is waited for', async ({ shop, device }) => {
  await buy(device);
  // So long that the text is seen on a machine that is busy; the player itself waits ten seconds.
  await shop.expressPlay.faults.add({ effect: { latency: { ms: 6000 } }, call: 'license' });
  await device.play('tidewater');
  await expect(device.page.getByText('Asking ExpressPlay for a licence…')).toBeVisible();
  await device.expectPlaying();
});

test('a 503 that passes is not even noticed, and one that stays charges nothing', async ({
  shop,
  device,
}) => {
  await buy(device);
  await shop.expressPlay.faults.add({ effect: { status: 503 }, call: 'records', times: 1 });
  await shop.expressPlay.faults.add({ effect: { status: 503 }, call: 'token', times: 1 });
  await device.order('Rent', 'north-light');
  await device.page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  expect(await shop.expressPlay.faults.list(), 'each has struck').toEqual([]);

  await shop.expressPlay.faults.add({ effect: { status: 503 } });
  await device.order('Buy', 'slow-ink');
  await device.expectAlert(/is not answering\. Nothing was charged/);
  await shop.expressPlay.faults.clear();
  await device.pay();
  await device.page.waitForURL(/watch/);
});

test('a record that is late is told, and registration goes through once it is there', async ({
  shop,
  device,
}) => {
  device.tolerated = BROKEN;
  await device.signIn();
  await shop.expressPlay.faults.add({ effect: { recordLagMs: 600_000 } });
  await device.page.goto('/devices');
  const register = device.page.getByRole('button', { name: 'Register this device' });
  await register.click();
  await device.expectAlert(/has not yet recorded this device/);
  await shop.expressPlay.faults.clear();
  await register.click();
  await expect(device.page.getByText(/^[0-9a-f]{32}$/).first()).toBeVisible();
});
