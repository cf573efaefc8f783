import type { Request } from '@playwright/test';
import type { Device } from '../support/device.ts';
import { expect, test } from '../support/test.ts';

/** Plays a film on its own device, and gives the licence request that it sent. */
async function licenceRequestOf(device: Device, slug: string): Promise<Request> {
  const sent = device.page.waitForRequest((request) => request.url().includes('ExpressPlayToken='));
  await device.play(slug);
  await device.expectPlaying();
  return sent;
}

test("a token copied from A's page is no use to anybody else", async ({
  shop,
  device,
  newDevice,
  request,
  expectedRefusals,
}) => {
  expectedRefusals.count = 1;
  await device.signIn();
  const idOfA = await device.register();
  await device.order('Buy', 'tidewater');
  const stolen = await licenceRequestOf(device, 'tidewater');

  // B signs for it with a key of its own: B's page is given A's token.
  const other = await newDevice();
  await other.signIn();
  await other.page.route('**/api/hand_over', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), token_url: stolen.url() } });
  });
  await other.play('tidewater');
  await other.expectAlert('-4001');

  // A plain challenge that borrows A's device_id; the storefront's account is a production one.
  const kids = (JSON.parse(payloadOf(stolen)) as { kids: string[] }).kids;
  const borrowed = await request.post(stolen.url(), {
    headers: { 'content-type': 'application/json' },
    data: { kids, type: 'temporary', deviceId: idOfA },
  });
  expect(borrowed.status()).toBe(403);
  expect(await borrowed.json()).toMatchObject({ errorCode: -4001 });

  // A's own challenge, replayed.
  const replayed = await request.post(stolen.url(), {
    headers: { 'content-type': 'application/jose' },
    data: stolen.postDataBuffer()!,
  });
  expect(replayed.status()).toBe(403);
  expect(await replayed.json()).toMatchObject({ errorCode: -4001 });

  const refused = (await shop.records()).filter((record) => record.status === 'refused');
  expect(refused.map((record) => record.error_code)).toEqual([-4001, -4001, -4001]);
});

function payloadOf(request: Request): string {
  const [, payload] = (request.postData() ?? '').split('.');
  return Buffer.from(payload, 'base64url').toString();
}
