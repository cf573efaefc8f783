import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Device } from '../support/device.ts';
import { expectAsJournalled, messages } from '../support/messages.ts';
import { expect, test } from '../support/test.ts';

const PROGRAMS = fileURLToPath(new URL('../../target/release', import.meta.url));

/** The message that each line of the shop's log is about, by its step. */
const ACT_OF_STEP: Record<string, string> = {
  1: 'begin',
  2: 'dummy-token',
  3: 'find-device',
  4: 'device-for-sale',
  5: 'bound-token',
  6: 'hand-over',
  7: 'look-back',
};

/** What such a line and its message have in common. With a hand-over no cookie goes to the browser. */
const LOGGED: Record<string, string[]> = {
  1: ['cookie'],
  2: ['cookie'],
  3: ['cookie', 'device_id'],
  4: ['cookie', 'device_id'],
  5: ['cookie', 'device_id'],
  6: ['device_id'],
  7: ['cookie'],
};

/** What a rental consists of, from a device that nobody knows to its film. */
const ACTS_OF_A_RENTAL = [
  'begin',
  'dummy-token',
  'dummy-license',
  'finish',
  'find-device',
  'place-order',
  'device-for-sale',
  'hand-over',
  'look-back',
  'bound-token',
  'license',
  'playing',
  'look-back',
];

/** Begins another run. */
async function begin({ page, shop }: Device): Promise<void> {
  const begun = await page.request.post(`${shop.url}/api/begin_registration`, { data: {} });
  expect(begun.ok()).toBe(true);
}

/** The same, as another screen of the viewer's would, and waits for the view to follow. */
async function another(device: Device): Promise<void> {
  const fetched = device.page.waitForResponse(/workflow\/view/);
  await begin(device);
  await fetched;
}

test('the panel shows each message as it is sent, and is open again on the next page', async ({
  device,
}) => {
  const { page } = device;
  await device.signIn();
  await page.goto('/devices');
  await device.openPanel();
  await expect(page.getByText('Nothing has happened yet')).toBeVisible();
  await page.getByRole('button', { name: 'Register this device' }).click();
  const { panel } = device;
  await expect(panel.getByRole('link', { name: 'Step 1, Cookie: Register this device' })).toBeVisible();
  await expect(panel.getByRole('link', { name: 'Your device_id' })).toBeVisible();

  // The newest is on the screen, as it comes and on the next page.
  await expect(panel.getByRole('link', { name: 'Your device_id' })).toBeInViewport();

  await page.reload();
  await expect(panel.getByRole('link', { name: 'Your device_id' })).toBeInViewport();
  await page.goto('/checkout/tidewater/buy');
  await expect(panel.getByRole('link', { name: 'Your device_id' })).toBeVisible();
});

test('every message of the exchange is in the view, and nothing else', async ({ shop, device }) => {
  await device.signIn();
  await device.register();
  await device.order('Rent', 'tidewater');
  await device.page.getByRole('button', { name: 'Play' }).click();
  await device.expectPlaying();
  const licensed = async () => {
    const acts = (await messages(device)).map((message) => message.act);
    return acts.includes('license') && acts.at(-1) === 'look-back';
  };
  await expect.poll(licensed).toBe(true);

  await expectAsJournalled(device);

  // Those, and what the browser and the shop say to each other: each once, in its order, and each
  // with its arrows.
  const all = await messages(device);
  expect(all.map(({ act }) => act)).toEqual(ACTS_OF_A_RENTAL);
  await device.page.goto('/workflow');
  const arrows = device.page.locator('a.message-arrow');
  await expect(arrows.first()).toBeVisible();
  const drawn = await arrows.evaluateAll((links) =>
    links.map((link) => Number(new URL(link.getAttribute('href') ?? '', location.href).searchParams.get('message'))),
  );
  // The question and the answer; and of a licence request that it was recorded.
  const due = all.flatMap(({ id, act }) => Array(/license$/.test(act) ? 3 : 2).fill(id));
  expect(drawn.sort()).toEqual(due.sort());

  // What is asked beside the seven steps is called so, in the list, too.
  const beside = device.page.locator('.as-list li[data-act=playing], .as-list li[data-act=look-back]');
  await expect(beside).toHaveCount(3);
  for (const item of await beside.all()) await expect(item).toContainText('Beside the seven steps');
  await device.page.getByRole('link', { name: 'Is it running?' }).click();
  await expect(device.page.locator('.message-step')).toHaveText('Beside the seven steps');

  // What the shop logs of the steps is what the view shows of them: the same cookie and device.
  const lines = shop.log.split('\n').filter((line) => /step=\d/.test(line));
  expect(lines.map((line) => Number(/step=(\d)/.exec(line)?.[1]))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const seen = await messages(device);
  for (const line of lines) {
    const step = /step=(\d)/.exec(line)?.[1] ?? '';
    const message = seen.find(({ act }) => act === ACT_OF_STEP[step]);
    const carried = [message?.asked, message?.noted, message?.answered].flatMap((fields) => fields ?? []);
    const values = carried.map(({ value }) => value.value);
    for (const name of LOGGED[step]) {
      const logged = new RegExp(`\\b${name}=([0-9a-f]+)`).exec(line)?.[1];
      expect(logged, line).toBeDefined();
      expect(values, line).toContain(logged);
    }
  }
  expect(lines.join('\n')).toMatch(/cookie=[0-9a-f]{8}.*device_id=[0-9a-f]{32}/);
});

test('the refusal is shown as what it is: two device ids that are not equal', async ({
  device,
  newDevice,
  expectedRefusals,
}) => {
  expectedRefusals.count = 1;
  await device.signIn();
  const here = await device.register();
  await device.order('Buy', 'tidewater');
  await expect(device.page.getByRole('button', { name: 'Play' })).toBeVisible();
  const other = await newDevice();
  await other.signIn();
  await other.play('tidewater');
  await other.expectAlert('-4001');

  const { page } = other;
  await page.goto('/workflow');
  await page.getByRole('link', { name: 'Refused, -4001' }).click();
  const check = page.getByRole('region', { name: 'The cross-check' });
  await expect(check).toContainText(here);
  await expect(check).toContainText('Not equal: refused');
  const ids = (await check.innerText()).match(/[0-9a-f]{32}/g) ?? [];
  expect(new Set(ids).size).toBe(2);
  await expectAsJournalled(other);

  // The arrow before the last one has words of its own.
  await page.goto('/workflow?upto=99');
  await page.getByRole('link', { name: 'Back', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Recorded: a refusal' })).toBeVisible();
  await expect(page.locator('.message-about')).toHaveText(/^ExpressPlay writes in its history/);
});

test('a run is replayed arrow by arrow with the keyboard, and a value is followed', async ({
  device,
}) => {
  const { page } = device;
  await device.signIn();
  const id = await device.register();
  await page.goto('/workflow');
  await device.expectLive();
  await page.getByRole('link', { name: 'Step by step' }).press('Enter');
  await expect(page.getByText(/^1 of \d+$/)).toBeVisible();
  const arrows = page.locator('.message-arrow');
  await expect(arrows).toHaveCount(1);
  await expect(page.getByRole('link', { name: 'Next', exact: true })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(arrows).toHaveCount(2);
  await expect(page.getByRole('heading', { name: 'Token for the clip, please' })).toBeVisible();
  await page.reload();
  await expect(arrows).toHaveCount(2);
  await device.expectLive();
  await page.keyboard.press('ArrowLeft');
  await expect(arrows).toHaveCount(1);

  // From step to step; what is not one of the seven is none.
  await page.getByRole('link', { name: 'Next step' }).click();
  await expect(page.locator('.message-step')).toHaveText(/Step 2: Dummy token/);
  await page.goto('/workflow?upto=99');
  await expect(page.locator('.message-step')).toHaveText(/Step 3/);
  const occasion = `A device is registered · ${id.slice(0, 4)}…${id.slice(-4)}`;
  await expect(page.locator('.occasion')).toHaveText(occasion);
  // What has just come stands under its own name, and what it is of.
  const message = page.locator('.message');
  await expect(message.getByRole('heading', { name: 'Your device_id' })).toBeVisible();
  await expect(message).toContainText('Shop (entitlement server) to Device');
  await expect(message).toContainText(occasion);

  await page.getByRole('link', { name: 'Show everything' }).click();
  await page.getByRole('link', { name: 'Its device_id' }).click();
  await page.getByRole('link', { name: id }).first().click();
  await expect(page.getByText(`${id} goes through 3 messages`, { exact: true })).toBeVisible();
  // A licence request is three arrows: out, into the history, back.
  await expect(page.locator('.message-arrow.carries')).toHaveCount(7);
});

test('the keyboard stays where it is when the view is fetched anew', async ({ shop, device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/workflow');
  await device.expectLive();
  const arrow = page.getByRole('link', { name: 'Step 2, Dummy token: Token for the clip, please' });
  await arrow.press('Enter');
  await expect(page.getByRole('heading', { name: 'Token for the clip, please' })).toBeVisible();
  await expect(arrow).toBeFocused();
  const summary = page.getByText('Copy as curl');
  await summary.press('Enter');
  await expect(page.locator('.curl pre')).toBeVisible();
  await expect(summary).toBeFocused();

  // Something happens on another screen, while the viewer reads on elsewhere.
  await page.setViewportSize({ width: 1280, height: 400 });
  await page.evaluate(() => window.scrollTo(0, 200));
  await another(device);
  await expect(page.getByText('Runs', { exact: true })).toBeVisible();
  await expect(summary).toBeFocused();
  await expect(page.locator('.curl pre')).toBeVisible();
  expect(await page.evaluate(() => window.scrollY)).toBe(200);
});

test('a value is followed by keyboard from the message that is read, which stays where it is', async ({
  newDevice,
}) => {
  const device = await newDevice({ viewport: { width: 390, height: 664 } });
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/workflow');
  await device.expectLive();
  const arrow = page.getByRole('link', { name: 'Its device_id' });
  await arrow.press('Enter');
  const message = page.locator('.message');
  await expect(message.getByRole('heading', { name: 'Who used this cookie?' })).toBeVisible();
  // Once more goes from the arrow into the message.
  await expect(arrow).toBeFocused();
  await arrow.press('Enter');
  await expect(message).toBeFocused();

  const value = message.locator('.value').last();
  const text = await value.innerText();
  await value.focus();
  // How far the page, and in it the diagram, which shows the arrow that was chosen.
  const places = () =>
    page.evaluate(() => [window.scrollY, document.querySelector('.sequence')?.scrollTop ?? 0]);
  const before = await places();
  expect(before[1]).toBeGreaterThan(0);
  await value.press('Enter');
  await expect(page.locator('.followed')).toContainText(text);
  await expect(value).toBeFocused();
  await expect(value).toBeInViewport({ ratio: 1 });
  expect(await places()).toEqual(before);

  // Nor does what comes meanwhile move it.
  await another(device);
  await expect(page.getByText('Runs', { exact: true })).toBeVisible();
  await expect(value).toBeFocused();
  expect(await places()).toEqual(before);
});

test('a panel that is opened shows what there is, whether news come or not', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.route('**/workflow/news', () => {});
  await page.goto('/devices');
  await device.openPanel();
  await expect(device.panel.getByRole('link', { name: 'Your device_id' })).toBeVisible();
});

test('a replay stays with its run when another begins', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/workflow');
  await device.expectLive();
  await page.getByRole('link', { name: 'Step by step' }).click();
  await page.getByRole('link', { name: 'Next', exact: true }).click();
  const [trace, place] = [page.locator('.traceparent'), page.locator('.replay-at')];
  await expect(place).toHaveText(/^2 /);
  const before = [await trace.textContent(), await place.textContent()];
  await another(device);
  await expect(page.getByText('Runs', { exact: true })).toBeVisible();
  expect([await trace.textContent(), await place.textContent()]).toEqual(before);
  // After it, the newest run is not what one was looking at.
  await page.getByRole('link', { name: 'Show everything' }).click();
  await expect(page.getByRole('link', { name: 'Your device_id' })).toBeVisible();
});

test('a replay in the panel goes on after a reload, and not for somebody else', async ({
  shop,
  device,
  newDevice,
}) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/devices');
  const { panel } = device;
  await device.openPanel();
  await panel.getByRole('link', { name: 'Step by step' }).click();
  await panel.getByRole('link', { name: 'Next', exact: true }).click();
  await expect(panel.locator('.replay-at')).toHaveText(/^2 /);
  await page.reload();
  await expect(panel.locator('.replay-at')).toHaveText(/^2 /);

  const stranger = shop.addViewer();
  const theirs = await newDevice();
  await theirs.signIn(stranger);
  await begin(theirs);
  // The browser is the stranger's from one request to the next, and then there are news of before.
  const before = await newDevice({ storageState: await device.context.storageState() });
  await device.context.addCookies(await theirs.context.cookies());
  await begin(before);
  await expect(page.locator('.viewer-name')).toHaveAttribute('title', stranger.email);
  // All of the stranger's own, and no page of a replay that was another's.
  await expect(panel.getByRole('link', { name: 'Step by step' })).toBeVisible();
  await expect(panel.locator('.message-arrow')).toHaveCount(4);
});

test('an older message is chosen in the panel, and its arrows are what stands over it', async ({
  device,
}) => {
  const { page, panel } = device;
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater');
  await page.waitForURL(/watch/);
  await page.goto('/devices');
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(viewport);
    if ((await panel.getAttribute('open')) === null) await device.openPanel();
    for (const name of [/^Step 2, Dummy token/, /^Step 4.*: Buy or rent/, 'Your device_id']) {
      const arrow = panel.getByRole('link', { name });
      await arrow.click();
      await expect(arrow).toHaveAttribute('aria-current', 'true');
      await expect(arrow).toBeInViewport({ ratio: 0.99 });
      await expect(panel.locator('#message-heading')).toBeInViewport({ ratio: 0.99 });
      await panel.getByRole('link', { name: 'Close' }).click();
      await expect(panel.locator('.message')).toHaveCount(0);
    }
  }
});

test('keys that are pressed faster than pages come are not lost', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/workflow');
  await device.expectLive();
  await page.getByRole('link', { name: 'Step by step' }).click();
  const place = page.locator('.replay-at');
  await expect(place).toHaveText(/^1 /);
  for (let turn = 0; turn < 5; turn += 1) await page.keyboard.press('ArrowRight');
  await expect(place).toHaveText(/^6 /);
  for (let turn = 0; turn < 9; turn += 1) await page.keyboard.press('ArrowLeft');
  await expect(place).toHaveText(/^1 /);
});

test('news that a gateway refuses come again once it lets them through', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  device.tolerated = /status of 502/;
  await page.route('**/workflow/news', (route) => route.fulfill({ status: 502 }));
  const refused = page.waitForResponse((answer) => answer.status() === 502);
  await page.goto('/workflow');
  await refused;
  await page.unroute('**/workflow/news');
  await begin(device);
  await expect(page.getByText('Runs', { exact: true })).toBeVisible();
});

test('what happens in the sheet leaves the page under it where it is', async ({ newDevice }) => {
  const device = await newDevice({ viewport: { width: 390, height: 664 } });
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/devices');
  const { panel } = device;
  await device.openPanel();
  await expect(panel.getByRole('link', { name: 'Your device_id' })).toBeInViewport();
  await panel.getByRole('link', { name: 'Step by step' }).click();
  for (let place = 1; place < 8; place += 1) {
    await expect(panel.locator('.replay-at')).toHaveText(new RegExp(`^${place} `));
    const next = panel.getByRole('link', { name: 'Next', exact: true });
    await expect(next).toBeInViewport({ ratio: 1 });
    await next.click();
  }
  expect(await page.evaluate(() => window.scrollY)).toBe(0);
});

test('nothing of the masthead is under the panel', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/devices');
  await page.getByRole('button', { name: 'Use device B' }).click();
  await device.openPanel();
  const right = await page
    .locator('.masthead')
    .locator('a, button')
    .evaluateAll((all) => Math.max(...all.map((it) => it.getBoundingClientRect().right)));
  const panel = await page.locator('.workflow-aside').boundingBox();
  expect(right).toBeLessThanOrEqual(panel?.x ?? 0);
});

test('with a modifier the arrow keys are the browser’s', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await page.goto('/workflow?upto=3');
  await device.expectLive();
  await page.keyboard.press('Control+ArrowLeft');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByText(/^4 of \d+$/)).toBeVisible();
});

test('a message is copied as a command that works', async ({ shop, device }) => {
  const { page } = device;
  await device.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await device.signIn();
  await device.register();
  await page.goto('/workflow');
  await page.getByRole('link', { name: 'Step 2, Dummy token: Token for the clip, please' }).click();
  await page.getByText('Copy as curl').click();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).not.toContain(shop.secret);

  const shell = (text: string, env: Record<string, string>) =>
    execFileSync('bash', ['-c', text], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${PROGRAMS}:${process.env.PATH}`, ...env },
    }).trim();
  const token = shell(command, { EP_AUTH: shop.secret, CEK: '0'.repeat(32) });
  expect(token).toContain('ExpressPlayToken=');

  // The licence request of that message, by another device: for this token it is as good.
  await page.getByRole('link', { name: /^Step 3.*Licence for the clip/ }).click();
  await expect(page.getByRole('heading', { name: 'Licence for the clip, please' })).toBeVisible();
  const request = (await page.locator('.curl pre').textContent()) ?? '';
  const key = join(shop.folder, 'device.pem');
  shell(`simulator device new ${key}`, {});
  const licence = shell(request, { TOKEN_URL: token, DEVICE_KEY: key });
  expect(JSON.parse(licence)).toHaveProperty('keys');

  // What was asked in the terminal is in the view, as it happens, beside what the page asked.
  const asked = page.getByRole('link', { name: /^Step 3.*Licence for the clip/ });
  await expect(asked).toHaveCount(2);
  await asked.last().click();
  await expect(page.locator('.field-row', { hasText: 'journal' })).toBeVisible();
});

test('the view works without script', async ({ device, newDevice }) => {
  await device.signIn();
  await device.register();
  const plain = await newDevice({ javaScriptEnabled: false });
  await plain.signIn();
  await plain.page.goto('/workflow');
  await plain.page.getByRole('link', { name: 'Step by step' }).click();
  await plain.page.getByRole('link', { name: 'Next', exact: true }).click();
  await expect(plain.page.getByText(/^2 of \d+$/)).toBeVisible();
  await expect(plain.page.locator('.message-arrow')).toHaveCount(2);
});

test('ten viewers at once see their own messages and nobody else’s', async ({ shop, newDevice }) => {
  const viewers = Array.from({ length: 10 }, () => shop.addViewer());
  const devices = await Promise.all(viewers.map(() => newDevice()));
  const ids = await Promise.all(
    devices.map(async (device, at) => {
      await device.signIn(viewers[at]);
      await device.page.goto('/devices');
      await device.openPanel();
      return device.register();
    }),
  );
  for (const [at, device] of devices.entries()) {
    await expect(device.panel.getByRole('link', { name: 'Your device_id' })).toBeVisible();
    const own = await (await device.page.request.get(`${shop.url}/workflow/messages`)).text();
    await device.page.getByRole('link', { name: 'Your device_id' }).click();
    await expect(device.page.locator('.message')).toContainText(ids[at]);
    const panel = await device.panel.innerHTML();
    for (const id of ids) {
      expect(own.includes(id)).toBe(id === ids[at]);
      expect(panel.includes(id)).toBe(id === ids[at]);
    }
    expect((await messages(device)).length).toBe(5);
  }
});
