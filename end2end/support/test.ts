/** The test of this suite: a shop of its own, and devices whose consoles are watched. */
import { type BrowserContextOptions, test as base, expect } from '@playwright/test';
import { Device } from './device.ts';
import { Shop } from './shop.ts';

interface Fixtures {
  /** What the shop is started with, beside the flags of every test. */
  flags: string[];
  shop: Shop;
  /** Opens one more device. */
  newDevice: (options?: BrowserContextOptions) => Promise<Device>;
  /** The first device. */
  device: Device;
  /** How many refusals the test expects in the consoles, all devices together. */
  expectedRefusals: { count: number };
}

export const test = base.extend<Fixtures>({
  flags: [[], { option: true }],
  shop: async ({ flags }, use) => {
    const shop = new Shop(undefined, flags);
    await shop.start();
    await use(shop);
    await shop.stop();
  },
  expectedRefusals: async ({}, use) => use({ count: 0 }),
  newDevice: async ({ browser, shop, expectedRefusals }, use) => {
    const devices: Device[] = [];
    await use(async (options) => {
      const device = await Device.open(browser, shop, options);
      devices.push(device);
      return device;
    });
    for (const device of devices) await device.context.close();
    expect(devices.flatMap((device) => device.complaints)).toEqual([]);
    const refusals = devices.reduce((sum, device) => sum + device.refusals, 0);
    expect(refusals).toBe(expectedRefusals.count);
  },
  device: async ({ newDevice }, use) => use(await newDevice()),
});

export { expect };
