import type { Page } from '@playwright/test';
import { expect, test } from '../support/test.ts';

/** What a page may load in script and wasm of ours, compressed: nothing to look around, and no
 * more than this to play. */
const TO_PLAY = 150_000;

/** The bytes that each script and each wasm file of a page took over the wire, the player library's
 * left out. */
async function weights(page: Page): Promise<Map<string, number>> {
  const loaded = await page.evaluate(() => {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    return entries.map(({ name, encodedBodySize }) => ({ name, encodedBodySize }));
  });
  const code = loaded
    .map(({ name, encodedBodySize }) => ({ path: new URL(name).pathname, encodedBodySize }))
    .filter(({ path }) => /\.(js|wasm)$/.test(path) && !path.startsWith('/player/'));
  return new Map(code.map(({ path, encodedBodySize }) => [path, encodedBodySize]));
}

function sum(weights: Map<string, number>): number {
  return [...weights.values()].reduce((sum, weight) => sum + weight, 0);
}

test('a page to look at loads no code of ours', async ({ device }) => {
  const { page } = device;
  const see = async (...paths: string[]) => {
    for (const path of paths) {
      await page.goto(path);
      await expect(page.locator('script[src], link[rel=modulepreload]'), path).toHaveCount(0);
      expect([...(await weights(page)).keys()], path).toEqual([]);
    }
  };
  await see('/', '/title/tidewater', '/signin', '/signup');
  await device.signIn();
  await see('/', '/title/tidewater', '/orders', '/account');
});

test('a page that plays loads little code of ours', async ({ device }) => {
  const { page } = device;
  await device.signIn();
  await device.register();
  await device.order('Buy', 'tidewater');
  for (const path of ['/watch/tidewater', '/devices', '/lab', '/workflow']) {
    await page.goto(path);
    await page.waitForFunction(() =>
      performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.wasm')),
    );
    const loaded = await weights(page);
    console.log(`${path}: ${sum(loaded)} bytes of code, compressed`);
    // One file of each kind, and neither of them empty: else nothing was measured.
    expect([...loaded.keys()].map((name) => name.split('.').pop()).sort(), path).toEqual([
      'js',
      'wasm',
    ]);
    expect(Math.min(...loaded.values()), path).toBeGreaterThan(1000);
    expect(sum(loaded), path).toBeLessThanOrEqual(TO_PLAY);
  }
});
