import { expect, test } from '../support/test.ts';

// Playwright's own scripts count as presses to Chromium, so its autoplay policy lets every film
// start. The rule is put into the page instead: nothing with sound starts before a key or a button
// was pressed on it.
function onlyAfterAPress(): void {
  let pressed = false;
  for (const press of ['keydown', 'pointerdown']) {
    addEventListener(press, () => (pressed = true), { capture: true });
  }
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
    if (this.muted || pressed) return play.call(this);
    return Promise.reject(new DOMException('no press', 'NotAllowedError'));
  };
}

test('a browser that wants a press before sound gets one, and the film plays', async ({
  device,
}) => {
  await device.context.addInitScript(onlyAfterAPress);
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater');
  await device.page.waitForURL(/watch/);
  await device.page.goto('/watch/tidewater?play');
  // It has the focus once the browser has said no; before, nobody had asked it.
  await expect(device.page.getByRole('button', { name: 'Play' })).toBeFocused();
  await device.expectNothingPlays();
  await device.page.keyboard.press('Enter');
  await device.expectPlaying();
});
