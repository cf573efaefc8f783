/** A browser context: a device of its own, with a page on it, and what a person does there. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
  expect,
} from '@playwright/test';
import type { Shop, Viewer } from './shop.ts';

export const CARD = '4242424242424242';
export const DECLINED = '4000000000000002';

/** The browser's own line for a refused request; a page cannot suppress it. */
const REFUSAL = /^Failed to load resource: the server responded with a status of 403/;

export class Device {
  /** What the console said, but for refusals. */
  readonly complaints: string[] = [];
  refusals = 0;

  /** What a broken connection or answer makes the browser say, where a test breaks them. */
  tolerated: RegExp | undefined;

  /** Without script nothing is done with what a page preloads, and the browser remarks on it. */
  readonly #withoutScript: boolean;

  readonly shop: Shop;
  readonly context: BrowserContext;
  readonly page: Page;

  private constructor(
    shop: Shop,
    context: BrowserContext,
    page: Page,
    options: BrowserContextOptions,
  ) {
    this.shop = shop;
    this.context = context;
    this.page = page;
    this.#withoutScript = options.javaScriptEnabled === false;
  }

  static async open(
    browser: Browser,
    shop: Shop,
    options: BrowserContextOptions = {},
  ): Promise<Device> {
    const context = await browser.newContext({ baseURL: shop.url, ...options });
    shop.evidence.watch(context);
    const device = new Device(shop, context, await context.newPage(), options);
    context.on('console', (message) => device.#hear(message.text(), message.location().url));
    context.on('weberror', (error) => device.complaints.push(String(error.error())));
    return device;
  }

  #hear(text: string, where: string): void {
    if (REFUSAL.test(text)) this.refusals += 1;
    else if (this.#withoutScript && text.includes('was preloaded using link preload')) return;
    else if (this.tolerated?.test(text)) return;
    else this.complaints.push(`${text} (${where})`);
  }

  async signIn(viewer: Viewer = this.shop.viewer): Promise<void> {
    await this.page.goto('/signin');
    await this.page.getByLabel('Email').fill(viewer.email);
    await this.page.getByLabel('Password').fill(viewer.password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await expect(this.page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  }

  /** Registers this device, and gives the device_id that the page shows. */
  async register(): Promise<string> {
    await this.page.goto('/devices');
    await this.page.getByRole('button', { name: 'Register this device' }).click();
    const id = this.page.getByText(/^[0-9a-f]{32}$/).first();
    await expect(id).toBeVisible();
    return (await id.textContent()) ?? '';
  }

  async order(kind: 'Buy' | 'Rent', slug: string, card = CARD): Promise<void> {
    await this.page.goto(`/title/${slug}`);
    await this.page.getByRole('link', { name: kind, exact: true }).click();
    await this.pay(card);
  }

  async pay(card = CARD): Promise<void> {
    await this.page.getByLabel('Card number').fill(card);
    await this.page.getByRole('button', { name: 'Pay' }).click();
  }

  /** Presses Play on the watch page. */
  async play(slug: string): Promise<void> {
    await this.page.goto(`/watch/${slug}`);
    await this.page.getByRole('button', { name: 'Play' }).click();
  }

  /** Buys a film and plays it. */
  async buyAndPlay(slug: string): Promise<void> {
    await this.signIn();
    await this.register();
    await this.order('Buy', slug);
    await this.page.getByRole('button', { name: 'Play' }).click();
    await this.expectPlaying(0.2);
  }

  /** Waits until the film has played for so long. */
  async expectPlaying(seconds = 1): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => document.querySelector('video')?.currentTime ?? 0), {
        timeout: 30_000,
      })
      .toBeGreaterThan(seconds);
  }

  /** The workflow's panel, beside the page. */
  get panel(): Locator {
    return this.page.locator('.workflow-panel');
  }

  async openPanel(): Promise<void> {
    await this.panel.locator('summary').first().click();
    await expect(this.panel).toHaveAttribute('open');
    await this.expectKept('workflow', 'open');
  }

  /** The workflow view of a page that was just loaded is awake, and hears keys. */
  async expectLive(): Promise<void> {
    await expect(this.page.locator('.workflow-live[data-shown]')).toBeVisible();
  }

  /** What the browser keeps for the next page, once wasm is there to see to it. */
  async expectKept(cookie: string, value: string): Promise<void> {
    const kept = async () =>
      (await this.context.cookies()).find(({ name }) => name === cookie)?.value;
    await expect.poll(kept).toBe(value);
  }

  async expectAlert(text: string | RegExp): Promise<void> {
    await expect(this.page.getByRole('alert').filter({ hasText: text })).toBeVisible();
  }

  /** Nobody sees a film here: no video element moves. */
  async expectNothingPlays(): Promise<void> {
    const moving = await this.page.evaluate(() =>
      [...document.querySelectorAll('video')].some((video) => video.currentTime > 0),
    );
    expect(moving).toBe(false);
  }

  /** The colours of the picture on the screen. Chromium gives protected frames to no canvas, so
   * what the screen shows is taken first, and decoded to a canvas afterwards. */
  async picture(): Promise<Picture> {
    // Without what stands over it: a time that counts is no film.
    const over = this.page.locator('.controls, .cue');
    const show = (visibility: string) =>
      over.evaluateAll((all, value) => {
        for (const element of all) (element as HTMLElement).style.visibility = value;
      }, visibility);
    await show('hidden');
    const png = await this.page.locator('video').screenshot();
    await show('');
    const decoder = await this.context.browser()!.newPage();
    try {
      return await decoder.evaluate(measure, png.toString('base64'));
    } finally {
      await decoder.close();
    }
  }
}

export interface Picture {
  /** Mean of red, green and blue, 0 to 255. */
  mean: [number, number, number];
  /** Standard deviation of brightness. */
  contrast: number;
  /** Brightness of 64 tiles, to compare two pictures. */
  tiles: number[];
}

async function measure(base64: string): Promise<Picture> {
  const image = new Image();
  image.src = `data:image/png;base64,${base64}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d')!;
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const sum = [0, 0, 0];
  const tiles = new Array<number>(64).fill(0);
  let squares = 0;
  const pixels = image.width * image.height;
  for (let i = 0; i < pixels; i += 1) {
    const [r, g, b] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    sum[0] += r;
    sum[1] += g;
    sum[2] += b;
    const light = (r + g + b) / 3;
    squares += light * light;
    const x = Math.floor(((i % image.width) * 8) / image.width);
    const y = Math.floor((Math.floor(i / image.width) * 8) / image.height);
    tiles[8 * y + x] += (64 * light) / pixels;
  }
  const mean = sum.map((channel) => channel / pixels) as [number, number, number];
  const light = (mean[0] + mean[1] + mean[2]) / 3;
  return { mean, contrast: Math.sqrt(squares / pixels - light * light), tiles };
}

/** Two pictures of a film that moves: some part of them differs by more than a compressor would. */
export function expectMovement(before: Picture, after: Picture): void {
  const change = Math.max(...before.tiles.map((tile, i) => Math.abs(tile - after.tiles[i])));
  expect(change, 'the picture stands still').toBeGreaterThan(1);
}

/** A real frame: neither of one colour, nor the green that undecodable frames come out as. */
export function expectRealFrame({ mean: [red, green, blue], contrast }: Picture): void {
  expect(contrast, 'the picture is blank').toBeGreaterThan(8);
  expect(green, 'the picture is green').toBeLessThan(1.6 * Math.max(red, blue, 10));
}
