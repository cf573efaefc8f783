/**
 * A shop of its own for each test: the release build as `make demo` starts it, plus
 * `--test-controls`, on free ports, with empty databases, a fresh customer authenticator and a
 * fresh viewer. So no test waits for another, or sees what another did.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Evidence } from './evidence.ts';
import { type Sandbox, Simulator } from './sandbox.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVER = join(ROOT, 'target/release/server');

export interface Viewer {
  email: string;
  password: string;
}

/** A record of ExpressPlay's transaction log. */
export interface LogRecord {
  event_id: string;
  cookie: string | null;
  device_id: string | null;
  refused_device_id: string | null;
  kids: string[];
  status: 'issued' | 'refused';
  error_code: number | null;
}

export class Shop {
  readonly folder = mkdtempSync(join(tmpdir(), 'bindery-'));
  readonly viewer = freshViewer();
  readonly evidence: Evidence;
  url = '';
  simulator = '';
  log = '';
  readonly #authenticator: string;
  #process?: ChildProcess;
  #expressPlay?: Sandbox;
  readonly #service?: Shop;
  readonly #more: string[];

  /** A shop with a simulator of its own; or with another shop's, as if that were the real service,
   * and a player on the browser's own Widevine. It may be started with more flags. */
  constructor(service?: Shop, more: string[] = []) {
    this.#service = service;
    this.#more = more;
    const fresh = `${randomInt(100_000, 999_999)},${randomBytes(16).toString('hex')}`;
    this.#authenticator = service ? service.#authenticator : fresh;
    this.evidence = new Evidence({
      authenticator: this.#authenticator.split(',')[1],
      password: this.viewer.password,
    });
  }

  /** Starts it, and waits until it says where it is. */
  async start(): Promise<void> {
    this.#addViewer(this.viewer);
    const child = spawn(SERVER, this.#flags(), {
      cwd: ROOT,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stderr.on('data', (data: Buffer) => this.#said('log', data));
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${this.log}`)));
      child.stdout.on('data', (data: Buffer) => {
        said += this.#said('stdout', data);
        this.url = /Bindery is open: (\S+)/.exec(said)?.[1] ?? '';
        this.simulator = /ExpressPlay, simulated: (\S+)/.exec(said)?.[1] ?? '';
        if (this.url && (this.simulator || this.#service)) resolve();
      });
    });
    if (this.simulator) this.#expressPlay = await new Simulator(this.simulator).sandbox();
  }

  /** The shop's own ExpressPlay: its clock, which the shop follows, its faults and its journal. */
  get expressPlay(): Sandbox {
    if (!this.#expressPlay) throw new Error('this shop has no simulator of its own');
    return this.#expressPlay;
  }

  /** The customer authenticator: what ExpressPlay knows the shop by, and no page may show. */
  get secret(): string {
    return this.#authenticator;
  }

  /** Makes one more viewer. */
  addViewer(): Viewer {
    const viewer = this.stranger();
    this.#addViewer(viewer);
    return viewer;
  }

  /** Somebody without an account, so far. */
  stranger(): Viewer {
    const viewer = freshViewer();
    this.evidence.addSecret(viewer.password);
    return viewer;
  }

  /** Writes over its database, as a failing disk does. */
  spoilDatabase(): void {
    for (const name of ['bindery.db', 'bindery.db-wal', 'bindery.db-shm']) {
      writeFileSync(join(this.folder, name), Buffer.alloc(8192, 'x'));
    }
  }

  /** Stops it as a process manager would; it must end well. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const code = await ended;
      if (code !== 0) throw new Error(`the server ended with ${code}`);
    }
    await this.evidence.settled();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** ExpressPlay's records, oldest first. */
  async records(): Promise<LogRecord[]> {
    const query = new URLSearchParams({
      customerAuthenticator: this.#authenticator,
      start: '0',
      length: '1000',
    });
    const response = await fetch(`${this.simulator}/cmiapi/getrecord/?${query}`);
    const { records } = (await response.json()) as { records: LogRecord[] };
    return records.reverse();
  }

  #addViewer({ email, password }: Viewer): void {
    const added = spawnSync(SERVER, this.#flags('add-viewer', email), {
      cwd: ROOT,
      env: this.#environment(),
      input: `${password}\n`,
      encoding: 'utf8',
    });
    if (added.status !== 0) throw new Error(`no viewer was added: ${added.stderr}`);
    this.evidence.keep('log', added.stderr + added.stdout);
  }

  #flags(...more: string[]): string[] {
    const database = `sqlite://${join(this.folder, 'bindery.db')}`;
    const expressPlay = this.#service
      ? ['--expressplay-url', this.#service.simulator, '--cdm', 'widevine']
      : ['--simulator-listen', '127.0.0.1:0', '--test-controls'];
    const own = ['--listen', '127.0.0.1:0', '--database', database];
    return [...own, ...expressPlay, ...this.#more, ...more];
  }

  #environment(): NodeJS.ProcessEnv {
    // In the environment, where a list of processes does not show it.
    return { ...process.env, BINDERY_CUSTOMER_AUTHENTICATOR: this.#authenticator, NO_COLOR: '1' };
  }

  #said(kind: string, data: Buffer): string {
    const text = data.toString();
    if (kind === 'log') this.log += text;
    this.evidence.keep(kind, text);
    return text;
  }
}

function freshViewer(): Viewer {
  const name = randomBytes(4).toString('hex');
  return { email: `${name}@example.com`, password: randomBytes(18).toString('base64url') };
}
