import { mkdirSync } from 'node:fs';
import type { Shop } from '../support/shop.ts';
import { lighthouse } from '../support/lighthouse.ts';
import { expect, test } from '../support/test.ts';

/** What a page may weigh in wasm and script, over the wire. The catalogue needs neither. */
const PAGES = [
  { path: '/', code: 0 },
  { path: '/title/tidewater', code: 0 },
  { path: '/signin', code: 0 },
  { path: '/devices', signedIn: true },
];

/** A speed is a matter of the machine: `make lighthouse` asks for this one, and other runs only tell.
 * The best of three counts. */
const LEAST = Number(process.env.BINDERY_PERFORMANCE ?? 0);

/** Signs in without a browser, and gives the cookies. */
async function cookiesOf({ url, viewer }: Shop): Promise<string> {
  const answer = await fetch(`${url}/api/sign_in`, {
    method: 'POST',
    body: new URLSearchParams({ ...viewer }),
    redirect: 'manual',
  });
  return answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
}

for (const { path, code, signedIn } of PAGES) {
  test(`Lighthouse has nothing to say of ${path}`, async ({ shop }, info) => {
    test.slow();
    mkdirSync(info.outputDir, { recursive: true });
    const cookies = signedIn ? await cookiesOf(shop) : '';
    const report = await lighthouse(`${shop.url}${path}`, cookies, info.outputDir);
    let { performance } = report.scores;
    for (let again = 0; again < 2 && performance < LEAST; again += 1) {
      const next = await lighthouse(`${shop.url}${path}`, cookies, info.outputDir);
      performance = Math.max(performance, next.scores.performance);
    }
    console.log(`${path}: performance ${performance}, ${report.code} bytes of code`);
    expect(performance).toBeGreaterThanOrEqual(LEAST);
    for (const category of ['accessibility', 'best-practices', 'seo']) {
      expect(report.faults(category), category).toEqual([]);
      expect(report.scores[category], category).toBe(100);
    }
    expect(report.layoutShift).toBeLessThanOrEqual(0.02);
    if (code !== undefined) expect(report.code).toBe(code);
  });
}
