import { expectAccessibleInEveryLook } from '../support/accessible.ts';
import type { Device } from '../support/device.ts';
import { Film } from '../support/film.ts';
import { expect, test } from '../support/test.ts';

const BUTTONS = ['Play', 'Mute', 'Keyboard shortcuts', 'Full screen'];

const frame = ({ page }: Device) => page.getByRole('group', { name: 'Tidewater' });
const cue = ({ page }: Device) => page.locator('.cue');

/** Tidewater, bought and stopped at its beginning. */
async function stopped(device: Device): Promise<Film> {
  await device.buyAndPlay('tidewater');
  const film = new Film(device.page);
  await film.stopAtStart();
  return film;
}

/** What the catalogue says of the films that the viewer is in the middle of. */
const row = async ({ page }: Device) => (await page.request.get('/')).text();

/** Notes where a film is when it first moves. */
function noteTheStart(): void {
  const note = ({ target }: Event) => {
    const seen = window as unknown as { startedAt?: number };
    seen.startedAt ??= (target as HTMLVideoElement).currentTime;
  };
  document.addEventListener('playing', note, { capture: true });
}

async function startedAt({ page }: Device): Promise<number> {
  const started = () => page.evaluate(() => (window as unknown as { startedAt?: number }).startedAt);
  await expect.poll(started).toBeDefined();
  return (await started()) ?? 0;
}

test('keys do what people know them to do', async ({ device }) => {
  const { page } = device;
  await device.buyAndPlay('tidewater');
  const film = new Film(page);
  await expect(frame(device)).toBeFocused();
  await film.stopAtStart();
  for (const [key, seconds] of [
    ['ArrowRight', 5],
    ['l', 15],
    ['j', 5],
    ['ArrowLeft', 0],
    ['ArrowLeft', 0],
    ['5', 21],
    ['1', 4.2],
    ['0', 0],
  ] as const) {
    await film.press(key);
    await film.expect('currentTime', seconds);
  }
  await expect(page.getByText('0:00 / 0:42')).toBeVisible();

  await film.press('ArrowDown', 'ArrowDown');
  await film.expect('volume', 0.8);
  await film.press('ArrowUp', 'ArrowUp', 'ArrowUp');
  await film.expect('volume', 1);
  await film.press('m');
  await film.expect('muted', true);
  await film.press('m');
  await film.expect('muted', false);

  await film.press('f');
  await expect.poll(() => page.evaluate(() => document.fullscreenElement?.className)).toMatch(/screen/);
  await film.press('f');
  await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBeNull();

  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await film.press('?');
  await expect(keys).toContainText('Five seconds back or forward');
  await film.press('Escape');
  await expect(keys).toBeHidden();
  await film.press(' ');
  await film.expect('paused', false);
});

test('keys are left to what has the focus', async ({ device }) => {
  const { page } = device;
  const film = await stopped(device);

  // Space presses the button; the other keys are the film's.
  await page.getByRole('button', { name: 'Mute' }).focus();
  await film.press(' ');
  await film.expect('muted', true);
  await film.expect('paused', true);
  await film.press('ArrowRight');
  await film.expect('currentTime', 5);
  await page.getByRole('slider', { name: 'Volume' }).focus();
  await film.press('End', 'ArrowLeft');
  await film.expect('volume', 0.95);
  await film.expect('muted', false);
  await film.expect('currentTime', 5);
  const timeline = page.getByRole('slider', { name: 'Position in the film' });
  await timeline.focus();
  await film.press('ArrowRight');
  await film.expect('currentTime', 10);
  await expect(timeline).toHaveAttribute('aria-valuetext', '0:10 of 0:42');

  // What has nothing to do with the film keeps all of its keys.
  for (const other of [
    page.getByRole('combobox', { name: 'Subtitles' }),
    page.getByRole('link', { name: 'About this film' }),
    page.getByRole('button', { name: 'English', exact: true }),
  ]) {
    await other.focus();
    await film.press('m', 'k', 'ArrowRight', '0');
    await film.expect('muted', false);
    await film.expect('paused', true);
    await film.expect('currentTime', 10);
  }
});

test('a mouse stops and starts the film, and goes where it presses', async ({ device }) => {
  const { page } = device;
  await device.buyAndPlay('tidewater');
  const film = new Film(page);
  const picture = page.locator('video');
  await picture.click({ position: { x: 200, y: 100 } });
  await film.expect('paused', true);
  await page.getByRole('slider', { name: 'Position in the film' }).click();
  await expect.poll(() => film.says('currentTime')).toBeGreaterThan(15);
  await page.getByRole('button', { name: 'Play' }).click();
  await film.expect('paused', false);
  await expect(page.getByText('480p')).toBeVisible();
  await expect(page.getByText('Picture quality: 480p')).toBeAttached();
});

test('subtitles are shown in two languages or not at all, and the choice is kept', async ({ device }) => {
  const { page } = device;
  await device.buyAndPlay('tidewater');
  const film = new Film(page);
  const choice = page.getByRole('combobox', { name: 'Subtitles' });
  await film.stopAtStart();
  await film.press('l');
  await expect(cue(device)).toBeHidden();

  await choice.selectOption('English');
  await expect(cue(device)).toHaveText('[A low chord, and a bell]');
  await expect(cue(device)).toHaveAttribute('lang', 'en');
  await choice.selectOption('Svenska');
  await expect(cue(device)).toHaveText('[Ett lågt ackord, och en klocka]');
  await expect(cue(device)).toHaveAttribute('lang', 'sv');
  await choice.selectOption('Off');
  await expect(cue(device)).toBeHidden();

  // The key brings back the language of last time.
  await frame(device).focus();
  await film.press('c');
  await expect(choice).toHaveValue('sv');
  await film.press('l');
  await expect(cue(device)).toHaveText('Tidvattnet följer månen in.');
  await film.press('c');
  await expect(cue(device)).toBeHidden();
  await film.press('c');
  await device.play('tidewater');
  await device.expectPlaying(0.2);
  await expect(choice).toHaveValue('sv');
  await film.stopAtStart();
  await film.press('ArrowRight');
  await expect(cue(device)).toHaveText('En måne går upp över viken.');
});

test('a film goes on where it was left, from the catalogue too', async ({
  device,
  newDevice,
  expectedRefusals,
}) => {
  const { page } = device;
  expectedRefusals.count = 1;
  await page.addInitScript(noteTheStart);
  await device.buyAndPlay('tidewater');
  const film = new Film(page);
  expect(await startedAt(device)).toBeLessThan(1);
  expect(await row(device)).not.toContain('Continue watching');

  await film.stopAtStart();
  await film.press('5', 'k');
  await film.expect('paused', false);
  await film.press('k');
  await expect.poll(() => row(device)).toMatch(/0:2\d of 0:42/);

  await page.goto('/');
  const begun = page.getByRole('region', { name: 'Continue watching' });
  await expect(begun.getByRole('progressbar', { name: /^0:2\d of 0:42$/ })).toBeVisible();
  await begun.getByRole('link', { name: 'Continue Tidewater' }).click();
  await expect(page).toHaveURL(/\/watch\/tidewater\?play$/);
  expect(await startedAt(device)).toBeGreaterThan(20);

  // A page that is left says where the film was.
  await film.press('7');
  await expect.poll(() => film.says('currentTime')).toBeGreaterThan(29);
  await page.goto('/title/tidewater');
  await expect.poll(() => row(device)).toMatch(/0:(29|3\d) of 0:42/);
  await page.goto('/watch/tidewater');
  await expect(page.getByText(/^The film continues at 0:(29|3\d), where you left off\.$/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Try again' })).toBeHidden();
  await page.getByRole('button', { name: 'Play' }).click();
  expect(await startedAt(device)).toBeGreaterThan(28);
  await expect(page.getByText(/The film continues at/)).toHaveCount(0);

  // On another device it is refused, and goes on nowhere.
  const other = await newDevice();
  await other.signIn();
  await other.page.goto('/watch/tidewater');
  const goesOn = other.page.getByText(/The film continues at/);
  await expect(goesOn).toBeVisible();
  await other.page.getByRole('button', { name: 'Play' }).click();
  await other.expectAlert('-4001');
  await expect(goesOn).toBeHidden();

  // Seen to its end, it is not in the row any more, and starts anew.
  await film.press('End');
  await expect.poll(() => row(device)).not.toContain('Continue watching');
  await page.getByRole('button', { name: 'Play again' }).click();
  await film.expect('paused', false);
  expect(await film.says('currentTime')).toBeLessThan(30);
  await expect(page.getByRole('button', { name: 'Play again' })).toBeHidden();
  await expect(frame(device)).toBeFocused();
});

test('a film that does not come fast enough says so, and goes on', async ({ device }) => {
  const { page } = device;
  await device.buyAndPlay('tidewater');
  const film = new Film(page);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  // From 18 to 24 seconds.
  await page.route('**/video-4.m4s', async (route) => {
    await released;
    await route.continue();
  });
  await film.press('5');
  const stalled = page.getByText('Waiting for more of the film…');
  await expect(stalled).toBeVisible();
  await film.expect('currentTime', 21);
  release();
  await expect.poll(() => film.says('currentTime')).toBeGreaterThan(21.5);
  await expect(stalled).toBeHidden();
});

test('another try goes on where the film was, and as loud', async ({ shop, device }) => {
  const { page } = device;
  device.tolerated = /^Failed to load resource: net::ERR_/;
  await page.addInitScript(noteTheStart);
  await device.buyAndPlay('tidewater');
  const film = new Film(page);
  await film.press('ArrowDown', 'm');
  await film.expect('muted', true);
  // The rest of the film does not come.
  await page.route('**/titles/**', (route) => route.abort());
  await film.press('5');
  await device.expectAlert("The film's files did not come.");
  await expect(page.getByRole('button', { name: 'Try again' })).toBeFocused();
  await expect(page.locator('.controls')).toBeHidden();
  await page.unroute('**/titles/**');
  await page.evaluate(() => delete (window as { startedAt?: number }).startedAt);
  await page.getByRole('button', { name: 'Try again' }).click();
  expect(await startedAt(device)).toBeGreaterThan(20);
  await film.expect('muted', true);
  await film.expect('volume', 0.9);
  expect(shop.log).not.toContain('ERROR');
});

test('the next film is as loud as the last, or as silent', async ({ device }) => {
  const { page } = device;
  const film = await stopped(device);
  await film.press('ArrowDown', 'ArrowDown', 'm');
  await film.expect('muted', true);
  await page.goto('/watch/tidewater?play');
  await device.expectPlaying();
  await film.expect('muted', true);
  await film.expect('volume', 0.8);
  // The controls say so as well.
  await page.getByRole('button', { name: 'Unmute' }).click();
  await film.expect('muted', false);
  await expect(page.getByRole('slider', { name: 'Volume' })).toHaveValue('80');
});

test('a finger asks for the controls, and then for what they do', async ({ newDevice }) => {
  const device = await newDevice({ hasTouch: true, viewport: { width: 390, height: 844 } });
  const { page } = device;
  await device.buyAndPlay('tidewater');
  const film = new Film(page);
  const bar = page.locator('.bar');
  await expect(bar).toHaveCSS('opacity', '0');
  await page.locator('video').tap({ position: { x: 150, y: 60 } });
  await expect(bar).toHaveCSS('opacity', '1');
  await film.expect('paused', false);
  await page.getByRole('button', { name: 'Pause' }).tap();
  await film.expect('paused', true);
  await page.getByRole('slider', { name: 'Position in the film' }).tap();
  await expect.poll(() => film.says('currentTime')).toBeGreaterThan(15);
  await page.getByRole('button', { name: 'Mute' }).tap();
  await film.expect('muted', true);
});

test('the controls leave a film alone that nobody disturbs, but not the keyboard', async ({ device }) => {
  const { page } = device;
  await device.buyAndPlay('tidewater');
  const bar = page.locator('.bar');
  await expect(bar).toHaveCSS('opacity', '0');
  await page.mouse.move(300, 300);
  await page.mouse.move(320, 320);
  await expect(bar).toHaveCSS('opacity', '1');
  await expect(bar).toHaveCSS('opacity', '0');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('slider', { name: 'Position in the film' })).toBeFocused();
  await expect(frame(device)).toHaveAttribute('data-still');
  await expect(bar).toHaveCSS('opacity', '1');
  await page.keyboard.press('k');
  await expect(frame(device)).not.toHaveAttribute('data-still');
});

test('the controls are over the picture and under the words, whatever the shape of the window', async ({
  device,
}) => {
  const { page } = device;
  const film = await stopped(device);
  await film.press('l', 'c');
  await expect(cue(device)).toBeVisible();
  // A telephone on its side, 200 % zoom, and a low window.
  for (const [width, height] of [
    [844, 390],
    [640, 400],
    [1280, 500],
  ]) {
    await page.setViewportSize({ width, height });
    await film.expectInPlace();
  }
});

test('a key that is held down does once what is done once', async ({ device }) => {
  const { page } = device;
  const film = await stopped(device);
  await page.keyboard.down('m');
  await page.keyboard.down('m');
  await page.keyboard.down('m');
  await page.keyboard.up('m');
  await film.expect('muted', true);
  await page.keyboard.down('ArrowRight');
  await page.keyboard.down('ArrowRight');
  await page.keyboard.up('ArrowRight');
  await film.expect('currentTime', 10);
});

test('keys are the page’s where nothing of the film has the focus, and a button that goes keeps it', async ({
  device,
}) => {
  const { page } = device;
  const film = await stopped(device);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await film.press('m', 'ArrowRight', ' ');
  await film.expect('muted', false);
  await film.expect('paused', true);
  await film.expect('currentTime', 0);

  await frame(device).focus();
  await film.press('End');
  const again = page.getByRole('button', { name: 'Play again' });
  await again.focus();
  await film.press('ArrowLeft');
  await expect(again).toBeHidden();
  await expect(frame(device)).toBeFocused();
});

test('axe finds nothing among the controls', async ({ device }, info) => {
  test.slow();
  const { page } = device;
  const see = async (what: string) => {
    await expectAccessibleInEveryLook(device, what);
    await page.screenshot({ path: info.outputPath(`${what}.png`) });
  };
  const film = await stopped(device);
  await film.press('l', 'c');
  await expect(cue(device)).toBeVisible();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 844 });
    for (const name of BUTTONS) await expect(page.getByRole('button', { name })).toBeVisible();
    await film.expectInPlace();
  }
  await see('paused, with subtitles');
  await film.press('?');
  await see('the keys');
  await film.press('Escape', 'End');
  await expect(page.getByRole('button', { name: 'Play again' })).toBeVisible();
  await see('at its end');

  await film.press('5', 'k', 'k');
  await expect.poll(() => row(device)).toContain('Continue watching');
  await page.goto('/');
  await page.getByRole('region', { name: 'Continue watching' }).scrollIntoViewIfNeeded();
  await see('the row');
});
