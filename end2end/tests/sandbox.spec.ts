// What needs no shop and no browser: ExpressPlay's API itself, in a sandbox for each test.
import { randomBytes } from 'node:crypto';
import { type Sandbox, Simulator } from '../support/sandbox.ts';
import { PROGRAM, expect, test } from '../support/sandbox-test.ts';
import { type Licence, SoftDevice } from '../support/soft-device.ts';

const KID = '00112233445566778899aabbccddeeff';
const KEY = '000102030405060708090a0b0c0d0e0f';

/** Makes a Widevine token, and gives its URL or what ExpressPlay says instead. */
async function token(sandbox: Sandbox, more: Record<string, string> = {}): Promise<string> {
  const { authenticator } = sandbox.account();
  const body = new URLSearchParams({
    customerAuthenticator: authenticator,
    errorFormat: 'json',
    kid: KID,
    contentKey: KEY,
    ...more,
  });
  const answer = await fetch(`${sandbox.url}/hms/wv/token`, { method: 'POST', body });
  return answer.text();
}

async function codeOf(answer: Response): Promise<number> {
  return ((await answer.json()) as { errorCode: number }).errorCode;
}

test('the seven steps, and the journal of them', async ({ sandbox }) => {
  const [device, other] = [await SoftDevice.make(), await SoftDevice.make()];
  const cookie = randomBytes(16).toString('hex');
  const dummy = await token(sandbox, { cookie, expirationTime: '+60' });
  expect((await device.redeem(dummy, [KID])).status).toBe(200);

  const search = new URLSearchParams({
    customerAuthenticator: sandbox.account().authenticator,
    cookie,
  });
  const answer = await fetch(`${sandbox.url}/cmiapi/getrecord/?${search}`);
  const { records } = (await answer.json()) as { records: { device_id: string }[] };
  expect(records.map((record) => record.device_id)).toEqual([device.id]);

  const bound = await token(sandbox, { cookie, deviceId: records[0].device_id });
  const refused = await other.redeem(bound, [KID]);
  expect(await codeOf(refused)).toBe(-4001);
  const licence = (await (await device.redeem(bound, [KID])).json()) as Licence;
  expect(Buffer.from(licence.keys[0].k, 'base64url').toString('hex')).toBe(KEY);

  const calls = await sandbox.journal.find({ cookie });
  expect(calls.map((call) => `${call.call} ${call.outcome}`)).toEqual([
    'token granted',
    'license granted',
    'records granted',
    'token granted',
    'license refused',
    'license granted',
  ]);
  expect(JSON.stringify(calls)).not.toContain(KEY);
});

test("a sandbox's clock is its own", async ({ sandbox, simulator }) => {
  const beside = await simulator.make();
  const device = await SoftDevice.make();
  const tokens = [await token(sandbox), await token(beside)];
  await sandbox.clock.freeze();
  await sandbox.clock.advance(60 * 86_400);
  const [here, there] = await Promise.all(tokens.map((url) => device.redeem(url, [KID])));
  expect(await codeOf(here), 'the token has expired').toBe(-4010);
  expect(there.status, 'it has not').toBe(200);
  const noon = '2031-05-06T12:00:00Z';
  expect(await sandbox.clock.set({ now: noon })).toMatchObject({ now: noon, frozen: true });
  await beside.drop();
});

test('a fault strikes as often as it says, and the journal is waited in', async ({ sandbox }) => {
  await sandbox.faults.add({ effect: { status: 503 }, call: 'token', times: 1 });
  const failed = sandbox.journal.wait({ call: 'token', outcome: 'failed' });
  expect(await token(sandbox)).toContain('a fault of this sandbox');
  expect((await failed)[0]).toMatchObject({ status: 503, faults: [1] });
  expect(await sandbox.faults.list()).toEqual([]);
  expect(await token(sandbox)).toContain('ExpressPlayToken=');
  await expect(
    sandbox.faults.add({ effect: { latency: { fromMs: 2, toMs: 1 } } }),
  ).rejects.toThrow('fromMs is not above toMs');
});

test('a simulator that does not start says why', async () => {
  const started = Simulator.start(PROGRAM, '--record-lag', 'soon');
  await expect(started).rejects.toThrow(/ended with \d+: .*--record-lag/s);
});

test('who waits in vain is told what came instead', async ({ sandbox }) => {
  await token(sandbox);
  const waiting = sandbox.journal.wait({ call: 'license' }, { timeout: 50 });
  await expect(waiting).rejects.toThrow(/0 of 1 calls came.*\n.*POST \/hms\/wv\/token granted 200/s);
});

test('credits run out, and are given again', async ({ sandbox }) => {
  const account = sandbox.account();
  const device = await SoftDevice.make();
  const changed = await sandbox.change(account, { credits: 1 });
  expect(changed.settings.credits).toBe(1);
  const url = await token(sandbox);
  expect((await device.redeem(url, [KID])).status).toBe(200);
  expect(await codeOf(await device.redeem(url, [KID]))).toBe(-2019);
  await sandbox.change(account, { credits: null });
  expect((await device.redeem(url, [KID])).status).toBe(200);
});

test('a sandbox goes back to a snapshot, and elsewhere as a file', async ({ sandbox, simulator }) => {
  await sandbox.setRecordLag(7);
  await sandbox.snapshots.save('before');
  await sandbox.setRecordLag(9);
  expect(await sandbox.snapshots.restore('before')).toMatchObject({ recordLagMs: 7 });
  expect((await sandbox.snapshots.list()).map(({ name }) => name)).toEqual(['before']);
  await sandbox.snapshots.remove('before');

  const other = await simulator.make({ seed: 7, accounts: [{ environment: 'production' }] });
  expect(other.accounts.map(({ environment }) => environment)).toEqual(['production']);
  const file = await other.export();
  await expect(simulator.import(file), 'it is here already').rejects.toThrow('already');
  await other.drop();
  const again = await simulator.import(file);
  expect(again.account('production').authenticator).toBe(other.account('production').authenticator);
  await again.drop();
});
