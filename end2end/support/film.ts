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
}
