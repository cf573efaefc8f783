import config from '../playwright.config.ts';
import { expect, test } from '../support/test.ts';

const usual = config.use?.launchOptions ?? {};

test.use({
  launchOptions: {
    ...usual,
    args: (usual.args ?? [])
      .filter((flag) => !flag.startsWith('--autoplay-policy'))
      .concat('--autoplay-policy=user-gesture-required'),
  },
});

test('a browser that wants a press before sound gets one, and the film plays', async ({
  device,
}) => {
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater');
  await device.page.goto('/watch/tidewater?play');
  const play = device.page.getByRole('button', { name: 'Play' });
  // It has the focus once the browser has said no; before, it was there and was not asked for.
  await expect(play).toBeFocused();
  await device.expectNothingPlays();
  await device.page.keyboard.press('Enter');
  await device.expectPlaying();
});
