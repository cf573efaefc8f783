import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { EVIDENCE, SECRETS, UNREAD } from '../support/evidence.ts';

const CATALOGUE = fileURLToPath(new URL('../../media/catalogue.toml', import.meta.url));

/** A secret, and every spelling in which it could get out. */
function spellings(secret: string): string[] {
  const texts = [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url')];
  if (/^[0-9a-f]{32}$/.test(secret)) {
    const bytes = Buffer.from(secret, 'hex');
    texts.push(secret.toUpperCase(), bytes.toString('base64'), bytes.toString('base64url'));
  }
  // Padding is no part of the spelling, and a following character may change the last one.
  return texts.map((text) => text.replace(/=+$/, ''));
}

const contentKeys = [...readFileSync(CATALOGUE, 'utf8').matchAll(/content_key = "([0-9a-f]{32})"/g)].map(
  (match) => match[1],
);

test('no secret is in anything that the whole run produced', () => {
  expect(contentKeys.length).toBeGreaterThan(6);
  const runs = readdirSync(EVIDENCE);
  expect(runs.length, 'the other tests left no evidence').toBeGreaterThan(5);
  const kinds = new Set<string>();
  const leaks: string[] = [];
  let read = 0;
  let unread = 0;
  for (const run of runs) {
    const folder = join(EVIDENCE, run);
    const own = JSON.parse(readFileSync(join(folder, SECRETS), 'utf8')) as Record<string, string>;
    const secrets = [...Object.values(own), ...contentKeys].flatMap(spellings);
    for (const file of readdirSync(folder).filter((name) => name !== SECRETS)) {
      kinds.add(file);
      const text = readFileSync(join(folder, file), 'utf8');
      if (file === 'bodies.txt') {
        read += text.split('\nhttp://').length;
        unread += text.split(UNREAD).length - 1;
      }
      for (const secret of secrets) {
        const at = text.indexOf(secret);
        if (at >= 0) leaks.push(`${file}: …${text.slice(Math.max(0, at - 60), at)}[secret]`);
      }
    }
  }
  expect([...kinds]).toEqual(expect.arrayContaining(['log.txt', 'stdout.txt', 'bodies.txt', 'headers.txt']));
  expect(unread, `bodies that were gone, of ${read}`).toBeLessThan(read / 10);
  expect(leaks).toEqual([]);
});

test('a secret that did get out would be found, whatever its spelling', () => {
  const key = contentKeys[0];
  const bytes = Buffer.from(key, 'hex');
  for (const leak of [key, key.toUpperCase(), bytes.toString('base64'), bytes.toString('base64url')]) {
    expect(spellings(key).some((spelling) => `x ${leak} y`.includes(spelling))).toBe(true);
  }
});
