import { Device } from '../support/device.ts';
import { Shop } from '../support/shop.ts';
import { expect, test } from '../support/test.ts';

// This Chromium has no Widevine, and no simulator speaks it. What can be seen without: that the
// player asks the browser for it, that nothing pretends to be a device, and what a viewer is told.
test('a shop on Widevine makes no key of its own, and says what the browser lacks', async ({
  shop,
  browser,
}) => {
  const onWidevine = new Shop(shop);
  await onWidevine.start();
  const device = await Device.open(browser, onWidevine);
  await device.page.addInitScript(() => {
    const asked: (string | undefined)[] = [];
    Object.assign(window, { asked });
    const access = navigator.requestMediaKeySystemAccess.bind(navigator);
    navigator.requestMediaKeySystemAccess = (system, settings) => {
      asked.push(system);
      return access(system, settings);
    };
    const info = navigator.mediaCapabilities.decodingInfo.bind(navigator.mediaCapabilities);
    navigator.mediaCapabilities.decodingInfo = (settings) => {
      asked.push(settings.keySystemConfiguration?.keySystem);
      return info(settings);
    };
  });
  await device.signIn();
  await device.page.goto('/devices');
  await device.page.getByRole('button', { name: 'Register this device' }).click();

  await device.expectAlert('This browser cannot play protected video of this kind.');
  await expect(device.page.getByText('Asking for a token for the dummy clip')).toBeVisible();
  await expect(device.page.getByText("Making this device's key")).toHaveCount(0);
  const { asked, databases } = await device.page.evaluate(async () => ({
    asked: (window as unknown as { asked: string[] }).asked,
    databases: (await indexedDB.databases()).map(({ name }) => name),
  }));
  expect(asked).toContain('com.widevine.alpha');
  expect(databases).toEqual([]);
  expect(await shop.records(), 'no licence was asked for').toEqual([]);

  await device.context.close();
  expect(device.complaints).toEqual([]);
  await onWidevine.stop();
});
