/** A film that plays, and what its element says of itself. */
import { type Page, expect } from '@playwright/test';

type Fact = 'currentTime' | 'paused' | 'muted' | 'volume' | 'ended';

export class Film {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async says(fact: Fact): Promise<number | boolean> {
    return this.page.locator('video').evaluate((video, name) => (video as HTMLVideoElement)[name], fact);
  }

  async expect(fact: Fact, value: number | boolean): Promise<void> {
    const said = expect.poll(() => this.says(fact), { message: fact });
    if (typeof value === 'number') await said.toBeCloseTo(value, 3);
    else await said.toBe(value);
  }

  /** Presses a key, wherever the focus is. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Stops it at its beginning, where seconds can be counted. */
  async stopAtStart(): Promise<void> {
    await this.press('k');
    await this.expect('paused', true);
    await this.press('Home');
    await this.expect('currentTime', 0);
  }

  /** All of the controls are over the picture, and the words are above them. */
  async expectInPlace(): Promise<void> {
    const box = async (selector: string) => {
      const found = await this.page.locator(selector).boundingBox();
      if (!found) throw new Error(`${selector} is nowhere`);
      return found;
    };
    const around = await box('.screen');
    expect(around.height, 'all of it is over the picture').toBeCloseTo((await box('video')).height, 0);
    for (const part of await this.page.locator('.bar > :visible, .cue:visible').all()) {
      const { x, y, width, height } = (await part.boundingBox()) ?? { x: NaN, y: NaN, width: 0, height: 0 };
      expect(x).toBeGreaterThanOrEqual(around.x);
      expect(x + width).toBeLessThanOrEqual(around.x + around.width);
      expect(y).toBeGreaterThanOrEqual(around.y);
      expect(y + height).toBeLessThanOrEqual(around.y + around.height + 0.5);
    }
    if (await this.page.locator('.cue').isVisible()) {
      const words = await box('.cue');
      expect(words.y + words.height).toBeLessThanOrEqual((await box('.bar')).y);
    }
  }
}
