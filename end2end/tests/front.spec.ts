import type { Page } from '@playwright/test';
import { expectAccessibleDayAndNight } from '../support/accessible.ts';
import { expect, test } from '../support/test.ts';

/** The browser's own line for a page that is not there, or not allowed. */
const STATUS = /^Failed to load resource: the server responded with a status of [45]/;

const cards = (page: Page) => page.locator('.found .card').getByRole('link');

test('a film is searched for and found by keyboard alone', async ({ device }) => {
  const { page } = device;
  await page.goto('/');
  const words = page.getByRole('searchbox', { name: 'Search for' });
  for (let tabs = 0; !(await words.evaluate((it) => it === document.activeElement)); tabs += 1) {
    expect(tabs).toBeLessThan(40);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.type('moon');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\?q=moon/);
  await expect(page).toHaveTitle('1 film for “moon” · Bindery');
  await expect(words).toHaveValue('moon');
  await expect(cards(page)).toHaveText(['Tidewater']);
  await cards(page).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/title\/tidewater$/);
});

test('without script and in Swedish one searches, narrows and sorts', async ({ newDevice }) => {
  const { page } = await newDevice({ javaScriptEnabled: false, locale: 'sv-SE' });
  await page.goto('/');
  const search = async (words: string) => {
    await page.getByRole('searchbox', { name: 'Sök efter' }).fill(words);
    await page.getByRole('button', { name: 'Sök', exact: true }).click();
  };
  for (const words of ['månen', 'MANEN', 'manen']) {
    await search(words);
    await expect(page.locator('#shelf-heading')).toHaveText(`1 film för ”${words}”`);
    await expect(cards(page)).toHaveText(['Tidewater']);
  }
  await search('åäö');
  await expect(page.locator('#shelf-heading')).toHaveText('Ingen film för ”åäö”');
  await expect(page.getByText('Det finns en lucka på hyllan')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: /^Natur/ }).click();
  await expect(page.locator('#shelf-heading')).toHaveText('3 filmer, Natur');
  await page.getByLabel('Ordning').selectOption('Kortast först');
  await page.getByRole('button', { name: 'Sök', exact: true }).click();
  await expect(cards(page)).toHaveText(['Murmuration', 'North Light', 'Tidewater']);
  await page.getByRole('link', { name: 'Visa alla filmer' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Filmer bundna till en enhet');
});

test('in a window of 1280 by 800 a film is on sale without scrolling, whatever is written about it', async ({
  newDevice,
}) => {
  for (const [locale, offers] of [
    ['en-GB', ['Buy', 'Rent']],
    ['sv-SE', ['Köp', 'Hyr']],
  ] as const) {
    const { page } = await newDevice({ locale });
    await page.goto('/');
    const links = page.getByRole('main').locator('.card a');
    const films = await links.evaluateAll((all) =>
      all.map((link) => (link as HTMLAnchorElement).pathname),
    );
    expect(films.length).toBeGreaterThan(5);
    for (const film of films) {
      await page.goto(film);
      for (const name of offers) {
        const offer = page.locator('.offers').getByRole('link', { name, exact: true });
        await expect(offer, `${name} at ${film}`).toBeInViewport({ ratio: 1 });
      }
    }
  }
});

test('the film that lies open leads to its page, and plays once it is bought', async ({ device }) => {
  const { page } = device;
  await page.goto('/');
  const hero = page.locator('.spread');
  await expect(hero).toContainText('Buy €9.99, rent €2.99');
  await hero.getByRole('link', { name: 'See the film' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tidewater');
  await expect(page.locator('#terms-rent')).toContainText('Start it within 30 days');
  await expect(page.locator('.for-device')).toContainText('the one device that you order it for');

  await device.signIn();
  const id = await device.register();
  await page.goto('/title/tidewater');
  await expect(page.locator('.for-device code')).toHaveAttribute('title', id);
  await device.order('Buy', 'tidewater');
  await page.goto('/');
  await expect(page.getByRole('region', { name: 'Your films' })).toContainText('Tidewater');
  await hero.getByRole('link', { name: 'Play Tidewater' }).click();
  await expect(page).toHaveURL(/\/watch\/tidewater\?play$/);
  await device.expectPlaying();
});

test('the three steps are one link away', async ({ device }) => {
  const { page } = device;
  await page.goto('/');
  await page.getByRole('link', { name: 'How it works' }).click();
  await expect(page.getByRole('heading', { name: 'How it works' })).toBeInViewport();
  await page.goto('/title/slow-ink');
  await page.getByRole('link', { name: 'Why only one?' }).click();
  await expect(page).toHaveURL(/\/#how$/);
});

for (const reducedMotion of ['no-preference', 'reduce'] as const) {
  test(`a poster moves to its page where motion is welcome: ${reducedMotion}`, async ({
    newDevice,
  }) => {
    const { page } = await newDevice({ reducedMotion });
    await page.addInitScript(() => {
      window.addEventListener('pagereveal', (event) => {
        document.documentElement.dataset.moved = String((event as { viewTransition?: object }).viewTransition != null);
      });
    });
    await page.goto('/');
    await page.getByRole('link', { name: 'Tidewater', exact: true }).click();
    await expect(page).toHaveURL(/\/title\/tidewater$/);
    const moved = String(reducedMotion === 'no-preference');
    await expect(page.locator('html')).toHaveAttribute('data-moved', moved);
  });
}

for (const { locale, width } of [
  { locale: 'en-GB', width: 1280 },
  { locale: 'sv-SE', width: 390 },
]) {
  test(`axe finds nothing on the faces of the front: ${locale}, ${width} px`, async ({ shop, newDevice }) => {
    test.slow();
    const device = await newDevice({ viewport: { width, height: 844 }, locale });
    device.tolerated = STATUS;
    const { page } = device;
    for (const path of [
      '/',
      '/?genre=nature&sort=price',
      '/?q=nobody',
      `/?q=${'w'.repeat(80)}`,
      '/title/slow-ink',
      '/no/such/page',
      '/title/no-such-film',
    ]) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectAccessibleDayAndNight(device, path);
    }
    // What the web host refuses is a page, too.
    await page.goto('/signin');
    await page.locator('#email').fill(`${'x'.repeat(70_000)}@example.com`);
    await page.locator('#password').fill('any');
    await page.locator('main button').click();
    await expect(page.locator('.folio')).toHaveText('413');
    await expectAccessibleDayAndNight(device, 'a refusal');
    // So is what becomes of a shop that cannot read its database.
    await page.goto('/signin');
    await page.locator('#email').fill(shop.viewer.email);
    await page.locator('#password').fill(shop.viewer.password);
    await page.locator('main button').click();
    await expect(page.locator('.viewer-name')).toBeVisible();
    shop.spoilDatabase();
    await page.goto('/orders');
    await expect(page.locator('.folio')).toHaveText('500');
    await expectAccessibleDayAndNight(device, 'a server error');
  });
}
