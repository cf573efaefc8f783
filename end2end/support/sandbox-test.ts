/**
 * A Playwright test with a sandbox of its own: made before it, dropped after it. All tests of a
 * worker share one simulator: the one at `SIMULATOR_URL`, or else one that is started for them, from
 * `SIMULATOR_PROGRAM` or from this repository's release build.
 */
import { fileURLToPath } from 'node:url';
import { test as base, expect } from '@playwright/test';
import { type Sandbox, Simulator } from './sandbox.ts';

export const PROGRAM =
  process.env.SIMULATOR_PROGRAM ??
  fileURLToPath(new URL('../../target/release/simulator', import.meta.url));

export const test = base.extend<{ sandbox: Sandbox }, { simulator: Simulator }>({
  simulator: [
    async ({}, use) => {
      const { SIMULATOR_URL: url, SIMULATOR_CONTROL_TOKEN: token } = process.env;
      const simulator = url ? new Simulator(url, token) : await Simulator.start(PROGRAM);
      await use(simulator);
      await simulator.stop();
    },
    { scope: 'worker' },
  ],
  sandbox: async ({ simulator }, use, info) => {
    const sandbox = await simulator.make();
    await use(sandbox);
    if (info.status !== info.expectedStatus) {
      const body = JSON.stringify(await sandbox.journal.find(), null, 2);
      await info.attach('expressplay-journal', { body, contentType: 'application/json' });
    }
    await sandbox.drop();
  },
});

export { expect };
