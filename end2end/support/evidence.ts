/**
 * What a run leaves behind, to be searched for secrets: every log line of the server, every
 * console message, and every body that a browser received, licences apart.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Response } from '@playwright/test';

export const EVIDENCE = fileURLToPath(new URL('../results/evidence', import.meta.url));
export const SECRETS = 'secrets.json';

/** Stands for a body that was gone before it could be read. */
export const UNREAD = '[unread]';

export class Evidence {
  readonly folder = `${EVIDENCE}/${randomUUID()}`;
  readonly #reading = new Set<Promise<void>>();

  readonly #secrets: Record<string, string>;

  constructor(secrets: Record<string, string>) {
    this.#secrets = secrets;
    mkdirSync(this.folder, { recursive: true });
    this.#keepSecrets();
  }

  /** Adds a secret of which nothing may be found. */
  addSecret(secret: string): void {
    this.#secrets[`secret ${Object.keys(this.#secrets).length}`] = secret;
    this.#keepSecrets();
  }

  #keepSecrets(): void {
    writeFileSync(`${this.folder}/${SECRETS}`, JSON.stringify(this.#secrets));
  }

  /** Keeps a text under the name of where it came from. */
  keep(kind: string, text: string): void {
    appendFileSync(`${this.folder}/${kind}.txt`, `${text}\n`);
  }

  /** Keeps all that a browser context receives and says. */
  watch(context: BrowserContext): void {
    context.on('console', (message) => this.keep('console', message.text()));
    context.on('response', (response) => {
      const reading = this.#keepResponse(response).finally(() => this.#reading.delete(reading));
      this.#reading.add(reading);
    });
  }

  /** Waits for the bodies that are still on their way. */
  async settled(): Promise<void> {
    await Promise.all(this.#reading);
  }

  async #keepResponse(response: Response): Promise<void> {
    const url = response.url();
    this.keep('headers', `${url}\n${JSON.stringify(await response.allHeaders().catch(() => ({})))}`);
    const type = response.headers()['content-type'] ?? '';
    const text = /text|json|javascript|xml/.test(type);
    // A licence is where a content key belongs; the player's script is not ours.
    const apart = url.includes('/rights/') && response.ok();
    if (text && !apart && !url.includes('/player/')) {
      // A page that was left takes its bodies with it: said, so that nobody counts them as read.
      const body = await response.text().catch(() => UNREAD);
      this.keep('bodies', `${url}\n${body}`);
    }
  }
}
