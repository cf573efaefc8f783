import { expectAccessible } from '../support/accessible.ts';
import type { Locator } from '@playwright/test';
import type { Device } from '../support/device.ts';
import { episodes } from '../support/messages.ts';
import { expect, test } from '../support/test.ts';

/** What each attempt must come to, the check that its card names, and what ExpressPlay says of it. */
const THEFTS: { name: string; code: number; check: string; why: RegExp }[] = [
  { name: 'The token on another device', code: -4001, check: 'cross_check', why: /is bound to device .* and device .* asks/ },
  { name: 'A changed byte in the token', code: -4010, check: 'open', why: /it was changed after it was made/ },
  { name: 'A token that has expired', code: -4010, check: 'check_token', why: /the token expired at/ },
  { name: 'A challenge signed by the wrong key', code: -4001, check: 'of_signed', why: /signature does not hold/ },
  { name: 'A replay', code: -4001, check: 'use_up', why: /this challenge was used before/ },
  { name: 'A borrowed device_id', code: -4001, check: 'check_allowed', why: /signed challenges alone, and this one is plain/ },
  { name: "Another film's kid with this film's token", code: -4022, check: 'grant', why: /has not the kid/ },
];
const OTHERS_ORDER = "Someone else's order";
const HONEST = 'The rightful device';
/** Each theft but the last is refused with 403, and the shop has no such order: 404. */
const REFUSALS = THEFTS.length;
const NOT_FOUND = /^Failed to load resource: the server responded with a status of 404/;

/** A film of one's own, and the lab. */
async function enter(device: Device): Promise<string> {
  device.tolerated = NOT_FOUND;
  await device.signIn();
  const id = await device.register();
  await device.order('Buy', 'tidewater');
  await device.page.waitForURL(/watch/);
  await device.page.goto('/lab');
  return id;
}

const card = ({ page }: Device, name: string): Locator => page.getByRole('article', { name });

async function press(device: Device, name: string): Promise<Locator> {
  const it = card(device, name);
  await it.getByRole('button', { name: `Try it: ${name}` }).click();
  return it;
}

async function attempts(device: Device) {
  return (await episodes(device)).filter(({ occasion }) => occasion.occasion === 'attempt');
}

test('each theft is refused with the code it promises, by the check that it names', async ({
  shop,
  device,
  expectedRefusals,
}) => {
  expectedRefusals.count = REFUSALS;
  const id = await enter(device);
  const before = (await shop.expressPlay.clock.read()).aheadMs;

  await expect(await press(device, HONEST)).toContainText('✓ As promised: a licence, keys in it: 1.');
  for (const { name, code, check, why } of THEFTS) {
    const it = card(device, name);
    await expect(it.locator('.lab-code')).toHaveText(`${code}`);
    await expect(it.locator('.lab-where')).toContainText(`${check}()`);
    await press(device, name);
    await expect(it.getByRole('status')).toHaveText(`✓ As promised: refused with ${code}.`);
    await expect(it.locator('.try-told')).toContainText(why);
    await expect(it.locator('.try-told')).toContainText('Status 403');
  }
  const replay = card(device, 'A replay').locator('.try-told');
  await expect(replay).toContainText('The first time');
  await expect(replay).toContainText('a licence, keys in it: 1.');
  const order = await press(device, OTHERS_ORDER);
  await expect(order.locator('.lab-where')).toContainText('find()');
  await expect(order.getByRole('status')).toHaveText(
    '✓ As promised: the shop refused. There is no such order.',
  );
  await expect(order.locator('.try-told')).toContainText('Status 404');

  // The same, as ExpressPlay tells it: the journal has each request and why it was refused, but
  // that of the sandbox, which is gone with its journal.
  const asked = await shop.expressPlay.journal.find({ call: 'license' });
  const [, honest, ...rest] = asked;
  expect(honest).toMatchObject({ outcome: 'granted', device: id });
  const first = rest.splice(3, 1)[0];
  expect(first, 'the replay was good the first time').toMatchObject({ outcome: 'granted', device: id });
  const here = THEFTS.filter(({ name }) => name !== 'A token that has expired');
  expect(rest.length).toBe(here.length);
  for (const [at, { code, why }] of here.entries()) {
    expect(rest[at]).toMatchObject({ outcome: 'refused', status: 403, errorCode: code });
    expect(rest[at].error).toMatch(why);
  }
  // A token that does not open has no account, and so no record.
  const refused = (await shop.records()).filter(({ status }) => status === 'refused');
  expect(refused.map((record) => record.error_code)).toEqual([-4001, -4001, -4001, -4001, -4022]);
  expect(refused.every((record) => record.device_id === null)).toBe(true);
  expect((await shop.expressPlay.clock.read()).aheadMs, "no clock but the sandbox's").toBe(before);
  await expect
    .poll(async () => (await shop.expressPlay.simulator.control<unknown[]>('GET', '/__sim/sandboxes')).length)
    .toBe(1);

  // And as the workflow view tells it, message by message.
  const told = (await attempts(device)).flatMap(({ messages }) => messages);
  const licences = told.filter(({ act }) => act === 'license');
  const traces = licences.map(({ traceparent }) => traceparent);
  const kept = [honest, first, ...rest].map(({ traceparent }) => traceparent);
  for (const traceparent of kept) expect(traces).toContain(traceparent);
  expect(licences.length).toBe(kept.length + 1);
  const codes = licences.map(({ outcome }) => outcome?.code ?? 0);
  expect(codes).toEqual([0, -4001, -4010, -4010, -4001, 0, -4001, -4001, -4022]);
  expect(told.at(-1)).toMatchObject({ act: 'playing', outcome: { outcome: 'declined' } });
});

test('all are tried with one key press, each with its place in the workflow', async ({
  shop,
  device,
  expectedRefusals,
}) => {
  expectedRefusals.count = REFUSALS;
  await enter(device);
  const { page } = device;
  await device.openPanel();
  const all = page.getByRole('button', { name: 'Try all' });
  await expect(all).toBeEnabled();
  await all.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.lab-sum')).toHaveText('All 9 as promised.');
  await expect(page.locator('[data-promise="kept"]')).toHaveCount(9);
  await expect(all).toBeFocused();
  await expect(device.panel).toContainText('Theft lab: A replay');

  const [, , , , replay] = await attempts(device).then((all) => all.slice(1));
  const opened = device.context.waitForEvent('page');
  await card(device, 'A replay').getByRole('link', { name: 'See it in the workflow' }).click();
  const view = await opened;
  await expect(view.getByRole('heading', { name: 'Licence for the film, please' })).toBeVisible();
  const [once, again] = replay.messages.filter(({ act }) => act === 'license');
  await expect(view.locator('.traceparent')).toHaveText(again.traceparent);
  expect(again.traceparent).not.toBe(once.traceparent);
  await expect(view.getByText('Equal, but another check refused')).toBeVisible();
  await expect(view.getByText('The licence request shows the key of')).toBeVisible();

  // The view says no more of a request than what it was.
  const borrowed = card(device, 'A borrowed device_id');
  await borrowed.getByRole('link', { name: 'See it in the workflow' }).click();
  const claim = view.locator('.cross-check');
  await expect(claim).toContainText('The licence request is not signed, and claims to be');
  await expect(claim).toContainText('Equal, but another check refused');
  expect(shop.log).not.toContain('panicked');
});

test('a check that is not made shows as a promise that is not kept', async ({
  shop,
  device,
  expectedRefusals,
}) => {
  expectedRefusals.count = 0;
  await enter(device);
  const account = shop.expressPlay.account('production');
  await shop.expressPlay.change(account, { plainChallenges: true });
  const it = await press(device, 'A borrowed device_id');
  await expect(it.getByRole('status')).toHaveText('✗ NOT as promised: a licence, keys in it: 1.');
});

test('without script the lab reads, and says what trying needs', async ({ device, newDevice }) => {
  const plain = await newDevice({ javaScriptEnabled: false });
  await plain.page.goto('/lab');
  await expect(plain.page.getByRole('article')).toHaveCount(9);
  await plain.page.getByRole('link', { name: 'Go to the sign-in page' }).click();
  await expect(plain.page).toHaveURL(/signin\?next=%2Flab$/);

  await device.signIn();
  await device.page.goto('/lab');
  await expect(device.page.getByText('First, register this browser')).toBeVisible();
  await device.page.getByRole('link', { name: 'Go to your devices' }).click();
  await device.page.getByRole('button', { name: 'Register this device' }).click();
  await device.page.getByRole('link', { name: 'Go on' }).click();
  await expect(device.page.getByText('First, buy one')).toBeVisible();
  await device.order('Buy', 'tidewater');
  await device.page.waitForURL(/watch/);

  // On the browser's other device one is told where the film is.
  await device.page.goto('/devices');
  await device.page.getByRole('button', { name: 'Use device B' }).click();
  await device.page.goto('/lab');
  await expect(device.page.getByText('Tidewater was bought for another: use that one')).toBeVisible();
  await device.page.getByRole('button', { name: 'Use device A' }).click();
  await expect(device.page.getByRole('heading', { name: 'On trial: Tidewater' })).toBeVisible();

  // The same browser, as it were, with script turned off.
  await plain.context.addCookies(await device.context.cookies());
  await plain.page.goto('/lab');
  await expect(plain.page.getByRole('heading', { name: 'On trial: Tidewater' })).toBeVisible();
  await expect(plain.page.getByText('Trying needs JavaScript')).toBeVisible();
  await expect(plain.page.getByRole('button', { name: /^Try/ })).toHaveCount(0);
});

for (const { language, all, done } of [
  { language: 'en', all: 'Try all', done: 'All 9 as promised.' },
  { language: 'sv', all: 'Pröva alla', done: 'Alla 9 blev som utlovat.' },
]) {
  test(`axe finds nothing in the lab: ${language}`, async ({ shop, device, expectedRefusals }) => {
    expectedRefusals.count = 2 * REFUSALS;
    const { page, context } = device;
    await page.goto('/lab');
    await expectAccessible(device, 'signed out');
    await enter(device);
    await context.addCookies([{ name: 'locale', value: language, url: shop.url }]);
    for (const { colorScheme, width } of [
      { colorScheme: 'light', width: 1280 },
      { colorScheme: 'dark', width: 390 },
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 800 });
      await page.goto('/lab');
      await expect(page.getByRole('button', { name: all })).toBeEnabled();
      await expectAccessible(device, 'untried');
      await page.getByRole('button', { name: all }).click();
      await expect(page.locator('.lab-sum')).toHaveText(done);
      await expectAccessible(device, 'tried');
    }
  });
}
