/**
 * ExpressPlay's simulator from a TypeScript test suite: its control plane, typed.
 *
 * A sandbox is an ExpressPlay of its own, with accounts, a clock, faults and a journal that no
 * other sees. This file needs nothing but Node.js, which runs it as it stands from 23.6 on: copy it
 * into your own suite. `sandbox-test.ts` beside it gives each Playwright test a sandbox.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export type Environment = 'test' | 'production';
export type Drm = 'widevine' | 'playready' | 'fairplay' | 'ms3' | 'broadband';
export type Call = 'token' | 'license' | 'records' | 'keys';
export type Outcome = 'granted' | 'refused' | 'failed';

/** What an account may do. */
export interface Settings {
  /** Whether Widevine's `securityLevel` and `hdcpOutputControl` are required. */
  strict: boolean;
  /** Whether unsigned licence requests are accepted. */
  plainChallenges: boolean;
  /** Whether it makes and redeems nothing (-2031). */
  disabled: boolean;
  /** The DRMs that it has not (-7011, -5002, -6009). */
  disabledDrms: Drm[];
  /** The DRMs whose tokens may carry no `deviceId` (-7002, -6008). */
  unboundDrms: Drm[];
  /** How many licences it has left (-2019); null for any number. */
  credits: number | null;
}

export interface Account {
  environment: Environment;
  number: number;
  /** What its calls carry as `customerAuthenticator`. */
  authenticator: string;
  settings: Settings;
}

/** Times are RFC 3339, as `new Date(…)` reads them. */
export interface ClockState {
  now: string;
  /** How far that is ahead of the machine's time. */
  aheadMs: number;
  frozen: boolean;
}

export interface SetClock {
  now?: string | Date;
  /** Whether its hands stand still from now on. */
  frozen?: boolean;
}

/** A sandbox to be made. Everything can be left out. */
export interface NewSandbox {
  name?: string;
  /** What makes tokens, kids and authenticators come out the same each time. */
  seed?: number;
  /** One in each environment by default. */
  accounts?: { environment: Environment; authenticator?: string; settings?: Partial<Settings> }[];
  clock?: SetClock;
  /** How long a record takes to appear. */
  recordLagMs?: number;
}

export interface SandboxState {
  name: string;
  seed: number | null;
  clock: ClockState;
  recordLagMs: number;
  accounts: Account[];
}

/** What a fault does to a call. */
export type Effect =
  | { latency: { ms: number } | { fromMs: number; toMs: number } | { p50Ms: number; p99Ms: number } }
  | { status: number }
  | { error: number }
  | { recordLagMs: number }
  | 'reset'
  | 'truncate'
  | 'garbage';

/** A fault to be made, for the calls that match all that is given. */
export interface NewFault {
  effect: Effect;
  call?: Call;
  drm?: Drm;
  cookie?: string;
  device?: string;
  /** How many calls it strikes; any number by default. */
  times?: number;
  /** Which share of them, above 0 and up to 1. */
  share?: number;
  /** After how long it is gone, 1 or more. */
  forSeconds?: number;
}

export interface Fault extends NewFault {
  id: number;
  /** How many calls it has struck. */
  struck: number;
  until: string | null;
}

/** A call, as the journal keeps it; secrets are masked. */
export interface JournalEntry {
  seq: number;
  at: string;
  /** The same by the machine's clock. */
  realAt: string;
  call: Call;
  drm: Drm | null;
  method: string;
  path: string;
  parameters: [name: string, value: string][];
  cookie: string | null;
  device: string | null;
  /** The token of a licence request, as the `ath` of a signed one names it. */
  token: string | null;
  challenge: { signed: boolean; kids: string[]; iat: number | null; jti: string | null } | null;
  traceparent: string | null;
  outcome: Outcome;
  status: number;
  errorCode: number | null;
  error: string | null;
  /** What smells in it. */
  hints: string[];
  faults: number[];
  micros: number;
}

/** Which calls to look for: those that match all that is given. */
export interface JournalQuery {
  call?: Call;
  drm?: Drm;
  cookie?: string;
  device?: string;
  outcome?: Outcome;
  /** Calls after this one's `seq`. */
  after?: number;
}

/** What the control plane refuses is thrown, with its reason. */
export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, call: string, why: string) {
    super(`${call} answered ${status}: ${why}`);
    this.name = 'ControlError';
    this.status = status;
  }
}

/** A simulator that runs. */
export class Simulator {
  readonly url: string;
  readonly #token: string | undefined;
  #process?: ChildProcess;

  /** One that runs already; off loopback with its control token. */
  constructor(url: string, controlToken?: string) {
    this.url = url.replace(/\/+$/, '');
    this.#token = controlToken;
  }

  /** Starts the program on a free port, and waits until it is there. */
  static async start(program = 'simulator', ...flags: string[]): Promise<Simulator> {
    const child = spawn(program, ['serve', '--listen', '127.0.0.1:0', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let complained = '';
    const complain = (data: Buffer) => {
      complained += data.toString();
    };
    child.stderr.on('data', complain);
    const url = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      // Not `exit`, which may come before the last of what it said.
      child.once('close', (code, signal) =>
        reject(new Error(`the simulator ended with ${code ?? signal}: ${said}${complained}`)),
      );
      child.stdout.on('data', (data: Buffer) => {
        said += data.toString();
        const found = /simulator at (\S+)\s/.exec(said)?.[1];
        if (found) resolve(found);
      });
    });
    // From here on those are its logs: read, so that it need not wait, and let go.
    child.stderr.off('data', complain).resume();
    const simulator = new Simulator(url);
    simulator.#process = child;
    return simulator;
  }

  /** Stops the program that {@link start} has started. */
  async stop(): Promise<void> {
    const child = this.#process;
    // One that a signal has killed has no exit code.
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  /** Makes a sandbox. */
  async make(what: NewSandbox = {}): Promise<Sandbox> {
    const state = await this.control<SandboxState>('POST', '/__sim/sandboxes', what);
    return new Sandbox(this, state.name, state.accounts);
  }

  /** A sandbox that is there: `default` has the accounts that the simulator was started with. */
  async sandbox(name = 'default'): Promise<Sandbox> {
    const path = `/__sim/sandboxes/${encodeURIComponent(name)}`;
    const state = await this.control<SandboxState>('GET', path);
    return new Sandbox(this, state.name, state.accounts);
  }

  /** Makes a sandbox of what {@link Sandbox.export} gave. */
  async import(file: unknown): Promise<Sandbox> {
    const state = await this.control<SandboxState>('POST', '/__sim/import', file);
    return new Sandbox(this, state.name, state.accounts);
  }

  /** A call of the control plane, by its path. */
  async control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: this.#token ? { authorization: `Bearer ${this.#token}` } : {},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new ControlError(answer.status, `${method} ${path}`, text);
    return (text ? JSON.parse(text) : undefined) as T;
  }
}

/** One ExpressPlay among several. */
export class Sandbox {
  readonly simulator: Simulator;
  readonly name: string;
  /** As they were when it was made or found. */
  readonly accounts: readonly Account[];
  readonly clock = new Clock(this);
  readonly faults = new Faults(this);
  readonly journal = new Journal(this);
  readonly snapshots = new Snapshots(this);

  constructor(simulator: Simulator, name: string, accounts: readonly Account[]) {
    this.simulator = simulator;
    this.name = name;
    this.accounts = accounts;
  }

  /** The base URL of ExpressPlay's API: the account says which sandbox a call is for. */
  get url(): string {
    return this.simulator.url;
  }

  /** Its first account of an environment. */
  account(environment: Environment = 'test'): Account {
    const found = this.accounts.find((account) => account.environment === environment);
    if (!found) throw new Error(`sandbox ${this.name} has no ${environment} account`);
    return found;
  }

  /** What it is like now. */
  state(): Promise<SandboxState> {
    return this.control('GET', '');
  }

  /** From now on records take so long to appear. */
  setRecordLag(ms: number): Promise<SandboxState> {
    return this.control('PATCH', '', { recordLagMs: ms });
  }

  /** Changes what an account may do, and how many credits it has left. */
  change(account: Account, settings: Partial<Settings>): Promise<Account> {
    return this.control('PATCH', `/accounts/${account.environment}/${account.number}`, settings);
  }

  /** Forgets records, stored keys, calls and faults. */
  reset(): Promise<SandboxState> {
    return this.control('POST', '/reset');
  }

  /** All that it holds, to be kept as a file. */
  export(): Promise<unknown> {
    return this.control('GET', '/export');
  }

  /** Drops it and all that is in it. */
  drop(): Promise<void> {
    return this.control('DELETE', '');
  }

  /** A call of the control plane, by what follows the sandbox's own path. */
  control<T>(method: string, rest: string, body?: unknown): Promise<T> {
    return this.simulator.control(method, `/__sim/sandboxes/${this.name}${rest}`, body);
  }
}

/** The time that a sandbox's tokens, rentals and records go by. */
class Clock {
  private readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  read(): Promise<ClockState> {
    return this.sandbox.control('GET', '/clock');
  }

  set(how: SetClock): Promise<ClockState> {
    return this.sandbox.control('PUT', '/clock', how);
  }

  advance(seconds: number): Promise<ClockState> {
    return this.sandbox.control('POST', '/clock/advance', { seconds });
  }

  freeze(): Promise<ClockState> {
    return this.set({ frozen: true });
  }

  resume(): Promise<ClockState> {
    return this.set({ frozen: false });
  }
}

/** What makes a sandbox's calls slow, or fail, on purpose. */
class Faults {
  private readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  add(fault: NewFault): Promise<Fault> {
    return this.sandbox.control('POST', '/faults', fault);
  }

  /** Those that may still strike. */
  list(): Promise<Fault[]> {
    return this.sandbox.control('GET', '/faults');
  }

  remove(fault: Fault): Promise<void> {
    return this.sandbox.control('DELETE', `/faults/${fault.id}`);
  }

  clear(): Promise<void> {
    return this.sandbox.control('DELETE', '/faults');
  }
}

/** A sandbox's calls. */
class Journal {
  private readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  /** The calls that match so far, oldest first. */
  find(query: JournalQuery = {}): Promise<JournalEntry[]> {
    return this.#ask(query, {});
  }

  /** Waits until so many calls match, and throws where they do not come in time. */
  async wait(
    query: JournalQuery,
    { count = 1, timeout = 10_000 }: { count?: number; timeout?: number } = {},
  ): Promise<JournalEntry[]> {
    const entries = await this.#ask(query, { count, wait: timeout });
    if (entries.length >= count) return entries;
    const all = await this.find();
    const lines = all.map(
      ({ seq, method, path, outcome, status, error }) =>
        `  ${seq} ${method} ${path} ${outcome} ${status} ${error ?? ''}`,
    );
    throw new Error(
      `${entries.length} of ${count} calls came in ${timeout} ms that match ` +
        `${JSON.stringify(query)}; all that came:\n${lines.join('\n') || '  none'}`,
    );
  }

  /** Forgets the calls so far. */
  clear(): Promise<void> {
    return this.sandbox.control('DELETE', '/journal');
  }

  async #ask(query: JournalQuery, more: object): Promise<JournalEntry[]> {
    const pairs = Object.entries({ ...query, ...more }).map(([name, value]) => [name, `${value}`]);
    const search = new URLSearchParams(pairs);
    const found = await this.sandbox.control<{ entries: JournalEntry[] }>('GET', `/journal?${search}`);
    return found.entries;
  }
}

/** What a sandbox held at a moment, under names, to go back to. */
class Snapshots {
  private readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  save(name: string): Promise<{ name: string; takenAt: string }> {
    return this.sandbox.control('POST', '/snapshots', { name });
  }

  list(): Promise<{ name: string; takenAt: string }[]> {
    return this.sandbox.control('GET', '/snapshots');
  }

  restore(name: string): Promise<SandboxState> {
    return this.sandbox.control('POST', `/snapshots/${name}/restore`);
  }

  remove(name: string): Promise<void> {
    return this.sandbox.control('DELETE', `/snapshots/${name}`);
  }
}
