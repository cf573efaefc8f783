import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

const chromium = execFileSync(fileURLToPath(new URL('../tools/chromium', import.meta.url)))
  .toString()
  .trim();

export default defineConfig({
  testDir: 'tests',
  outputDir: 'results/artifacts',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['html', { outputFolder: 'results/report', open: 'never' }]],
  globalSetup: './support/clean.ts',
  use: {
    viewport: { width: 1280, height: 800 },
    // A film of every test takes a quarter of the run's time; the trace has each page all the same.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--autoplay-policy=no-user-gesture-required',
      ],
    },
  },
  projects: [
    { name: 'shop', testIgnore: 'secrets.spec.ts' },
    // Reads what all the others left behind, so it goes last.
    { name: 'secrets', testMatch: 'secrets.spec.ts', dependencies: ['shop'] },
  ],
});
