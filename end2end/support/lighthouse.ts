/** Lighthouse over one page of a shop, as a telephone sees it. */
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHROME_FLAGS = '--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking';

interface Audit {
  score: number | null;
  numericValue?: number;
  details?: { items?: { url: string; mimeType: string; transferSize: number }[] };
}

export interface Report {
  /** The categories' scores, 0 to 100. */
  scores: Record<string, number>;
  /** The audits of a category that are not all well. */
  faults: (category: string) => string[];
  layoutShift: number;
  /** Wasm and script together, in bytes as they came over the wire. */
  code: number;
}

/** Looks at a page, with the cookies of whoever is signed in. */
export async function lighthouse(url: string, cookies: string, folder: string): Promise<Report> {
  const [report, headers] = [join(folder, 'lighthouse.json'), join(folder, 'headers.json')];
  writeFileSync(headers, JSON.stringify(cookies ? { Cookie: cookies } : {}));
  const flags = [url, '--quiet', '--output=json', `--output-path=${report}`];
  flags.push(`--extra-headers=${headers}`, `--chrome-flags=${CHROME_FLAGS}`);
  const chromium = execFileSync(join(ROOT, 'tools/chromium')).toString().trim();
  const look = () =>
    promisify(execFile)(join(ROOT, 'node_modules/.bin/lighthouse'), flags, {
      env: { ...process.env, CHROME_PATH: chromium },
    });
  // A browser that was too busy to be recorded says nothing of the page: Lighthouse asks for another
  // try itself then.
  await look().catch((error: Error) => {
    if (!error.message.includes('Please run Lighthouse again')) throw error;
    return look();
  });
  return read(readFileSync(report, 'utf8'));
}

function read(json: string): Report {
  const { audits, categories } = JSON.parse(json) as {
    audits: Record<string, Audit>;
    categories: Record<string, { score: number; auditRefs: { id: string; weight: number }[] }>;
  };
  const code = (audits['network-requests'].details?.items ?? [])
    .filter(({ mimeType }) => /javascript|wasm/.test(mimeType))
    .reduce((sum, { transferSize }) => sum + transferSize, 0);
  return {
    scores: Object.fromEntries(
      Object.entries(categories).map(([name, { score }]) => [name, Math.round(score * 100)]),
    ),
    faults: (category) =>
      categories[category].auditRefs
        .filter(({ id, weight }) => weight > 0 && (audits[id].score ?? 1) < 1)
        .map(({ id }) => id),
    layoutShift: audits['cumulative-layout-shift'].numericValue ?? Number.NaN,
    code,
  };
}
