import { expectRealFrame } from '../support/device.ts';
import { test } from '../support/test.ts';

test('two browsers run the whole flow at once', async ({ newDevice }) => {
  const flow = async (slug: string) => {
    const device = await newDevice();
    await device.signIn();
    await device.register();
    await device.order('Buy', slug);
    await device.page.getByRole('button', { name: 'Play' }).click();
    await device.expectPlaying();
    expectRealFrame(await device.picture());
  };
  await Promise.all([flow('circle-square'), flow('north-light')]);
});
