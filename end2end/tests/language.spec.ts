import type { Page } from '@playwright/test';
import { expectAccessibleDayAndNight } from '../support/accessible.ts';
import { CARD, type Device } from '../support/device.ts';
import { expect, test } from '../support/test.ts';
import { englishIn } from '../support/texts.ts';

const YEAR = 365 * 24 * 3600;

/** All that a page says, to the eye and to the ear. ExpressPlay's own words are marked English, and
 * the names of its protocol are code. */
function words(page: Page): Promise<string> {
  return page.evaluate(() => {
    // In a document that loads nothing: a film is fetched for a copy of its element, too.
    const apart = document.implementation.createHTMLDocument();
    const body = apart.importNode(document.body, true);
    body.querySelectorAll('script, style, code, [lang]').forEach((element) => element.remove());
    const texts: (string | null)[] = [document.title];
    const walker = apart.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    let text = '';
    while (walker.nextNode()) text += `${walker.currentNode.textContent} `;
    texts.push(text);
    for (const name of ['alt', 'aria-label', 'title', 'placeholder']) {
      body.querySelectorAll(`[${name}]`).forEach((e) => texts.push(e.getAttribute(name)));
    }
    document.querySelectorAll('meta[name=description]').forEach((e) => {
      texts.push(e.getAttribute('content'));
    });
    return texts.join(' \n ');
  });
}

/** All of it is Swedish, and axe finds nothing in it, by day or by night. */
async function expectSwedish(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('lang', 'sv-SE');
  expect(englishIn(await words(page)), page.url()).toEqual([]);
  await expectAccessibleDayAndNight({ page }, page.url());
}

async function see(page: Page, path: string, heading: string, buttons: string[] = []) {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1, name: heading, exact: true })).toBeVisible();
  for (const name of buttons) {
    const button = page.getByRole('button', { name, exact: true });
    await expect(button.or(page.getByRole('link', { name, exact: true })).first()).toBeVisible();
  }
  await expectSwedish(page);
}

async function choose(page: Page, language: 'Svenska' | 'English'): Promise<void> {
  await page.getByRole('button', { name: language, exact: true }).click();
}

async function signInInSwedish({ page, shop }: Device): Promise<void> {
  await page.goto('/signin');
  await page.getByLabel('E-post').fill(shop.viewer.email);
  await page.getByLabel('Lösenord').fill(shop.viewer.password);
  await page.getByRole('button', { name: 'Logga in' }).click();
  await expect(page.getByRole('button', { name: 'Logga ut' })).toBeVisible();
}

test('a browser is answered in the language that it asks for, and else in English', async ({
  newDevice,
}) => {
  for (const [locale, lang, heading] of [
    ['sv-SE', 'sv-SE', 'Filmer bundna till en enhet'],
    ['en-US', 'en-GB', 'Films bound to one device'],
    ['de-DE', 'en-GB', 'Films bound to one device'],
  ]) {
    const { page } = await newDevice({ locale });
    await page.goto('/');
    await expect(page.locator('html')).toHaveAttribute('lang', lang);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
  }
});

test('a language chosen by hand stays, over a reload and a sign-in, until another is chosen', async ({
  shop,
  device,
}) => {
  const { page, context } = device;
  await page.goto('/title/tidewater?from=shelf');
  await expect(page.getByRole('button', { name: 'English' })).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('button', { name: 'Svenska' })).toHaveAttribute('lang', 'sv-SE');
  await choose(page, 'Svenska');
  await expect(page).toHaveURL(`${shop.url}/title/tidewater?from=shelf`);
  await expect(page.getByRole('link', { name: 'Köp', exact: true })).toBeVisible();
  await expectSwedish(page);

  const [cookie] = (await context.cookies()).filter(({ name }) => name === 'locale');
  expect(cookie).toMatchObject({ value: 'sv', path: '/', sameSite: 'Lax', httpOnly: true });
  expect(Math.abs(cookie.expires - Date.now() / 1000 - YEAR)).toBeLessThan(3600);

  await page.reload();
  await expectSwedish(page);
  await signInInSwedish(device);
  await expectSwedish(page);
  await choose(page, 'English');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en-GB');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('without script a language is chosen all the same', async ({ newDevice }) => {
  const { page } = await newDevice({ javaScriptEnabled: false });
  await page.goto('/signin?next=%2Fdevices');
  await choose(page, 'Svenska');
  await expect(page).toHaveURL(/\/signin\?next=%2Fdevices$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Logga in');
});

test('the whole of a purchase in Swedish leaves no English behind', async ({
  shop,
  newDevice,
  expectedRefusals,
}) => {
  test.slow(); // Axe looks some forty times.
  // The other device's, and the lab's thefts.
  expectedRefusals.count = 1 + 7;
  const device = await newDevice({ locale: 'sv-SE' });
  const { page } = device;
  await see(page, '/', 'Filmer bundna till en enhet', ['Filmer', 'Enheter', 'Logga in']);
  await expect(page.getByText(/Köp 9,99\s€, hyr 2,99\s€/).first()).toBeVisible();
  await see(page, '/title/tidewater', 'Tidewater', ['Köp', 'Hyr']);
  await expect(page.locator('#price-buy')).toHaveText(/^9,99\s€$/);
  await expect(page.locator('#terms-rent')).toContainText('Starta den inom 30 dagar');
  await expect(page.locator('#terms-rent')).toContainText('är den din i 48 timmar');
  await see(page, '/?genre=nature&q=havet', 'Sök på hyllan', ['Sök', 'Visa alla filmer']);
  await see(page, '/?q=xyz', 'Sök på hyllan', ['Sök', 'Visa alla filmer']);

  await see(page, '/signin', 'Logga in', ['Logga in']);
  await page.getByLabel('E-post').fill(shop.viewer.email);
  await page.getByLabel('Lösenord').fill('fel');
  await page.getByRole('button', { name: 'Logga in' }).click();
  await device.expectAlert('E-postadressen och lösenordet hör inte ihop.');
  await expectSwedish(page);

  await signInInSwedish(device);
  await see(page, '/checkout/tidewater/rent', 'Hyr Tidewater', ['Registrera den här enheten']);
  await see(page, '/devices', 'Dina enheter', ['Registrera den här enheten']);
  await page.getByRole('button', { name: 'Registrera den här enheten' }).click();
  await expect(page.getByText(/^[0-9a-f]{32}$/).first()).toBeVisible();
  await expect(page.getByText(/^Registrerad\./)).toBeVisible();
  await expectSwedish(page);
  await page.reload();
  await expect(
    page.getByText(/^Registrerad den \d{1,2} [a-z]+ \d{4} kl\. \d\d:\d\d UTC: /),
  ).toBeVisible();

  await see(page, '/checkout/tidewater/buy', 'Köp Tidewater', ['Betala']);
  await page.getByLabel('Kortnummer').fill('1234');
  await page.getByRole('button', { name: 'Betala' }).click();
  await device.expectAlert('Det är inget kortnummer. Ingenting har debiterats.');
  await expectSwedish(page);
  await page.getByLabel('Kortnummer').fill(CARD);
  await page.getByRole('button', { name: 'Betala' }).click();
  await expect(page).toHaveURL(/\/watch\/tidewater/);
  await expect(page.getByText(/^Köpt den \d{1,2} [a-z]+ \d{4}\. Går bara/)).toBeVisible();
  await expectSwedish(page);
  await page.getByRole('button', { name: 'Spela' }).click();
  await device.expectPlaying();
  await expectSwedish(page);
  await page.getByRole('button', { name: 'Kortkommandon' }).click();
  await expectSwedish(page);
  await see(page, '/title/tidewater', 'Tidewater', ['Spela']);
  await see(page, '/watch/north-light', 'North Light', ['Visa filmen']);

  device.tolerated = /status of 404/;
  await see(page, '/lab', 'Stjäl din egen film', ['Pröva alla']);
  await page.getByRole('button', { name: 'Pröva alla' }).click();
  await expect(page.getByText('Alla 9 blev som utlovat.')).toBeVisible();
  await expectSwedish(page);
  device.tolerated = undefined;

  // ExpressPlay says no in English, within a Swedish sentence, and the page says which part is.
  const other = await newDevice({ locale: 'sv-SE' });
  await signInInSwedish(other);
  await other.page.goto('/watch/tidewater');
  await other.page.getByRole('button', { name: 'Spela' }).click();
  await other.expectAlert('Nekat, kod -4001');
  const alert = other.page.getByRole('alert');
  await expect(alert).toContainText(/ExpressPlay nekade licensen: .*Filmen är bunden till enhet/);
  await expect(alert.locator('[lang=en]')).toHaveCount(1);
  await expectSwedish(other.page);

  await other.page.getByRole('link', { name: 'Flytta till den här enheten' }).click();
  await expect(other.page.getByRole('heading', { level: 1, name: 'Flytta Tidewater' })).toBeVisible();
  await expectSwedish(other.page);

  await see(other.page, '/workflow', 'Arbetsgången, meddelande för meddelande', ['Steg för steg']);
  await other.page.getByRole('link', { name: 'Nekades, -4001' }).first().click();
  await expect(other.page.getByRole('region', { name: 'Korskontrollen' })).toBeVisible();
  await expectSwedish(other.page);
  await other.page.goto('/devices');
  await other.openPanel();
  await expect(other.page.getByRole('link', { name: 'Nekades, -4001' }).first()).toBeVisible();
  await expectSwedish(other.page);
  await other.page.getByRole('link', { name: 'Steg för steg' }).click();
  await expect(other.page.locator('.replay-at')).toHaveText(/^1 av /);
  await expectSwedish(other.page);

  await see(page, '/orders', 'Dina beställningar', ['Spela Tidewater']);
  await page.getByRole('link', { name: 'Kvitto på Tidewater' }).click();
  await expect(page.locator('.receipt')).toContainText(/Betalt\s*9,99\s€/);
  await expect(page.locator('.token-list')).toContainText('Licens utfärdad, enhet');
  await expect(page.locator('.token-list')).toContainText('Nekades, -4001, enhet');
  await page.getByRole('button', { name: 'Läs posterna igen' }).click();
  // The film's own, and two of the lab's: the honest try, and the replay's first sending.
  await expect(page.locator('.record-list > li')).toHaveCount(3);
  await expectSwedish(page);
});

test('an account in Swedish leaves no English behind, nor does what is wrong', async ({
  shop,
  newDevice,
}) => {
  const device = await newDevice({ locale: 'sv-SE' });
  const { page } = device;
  await see(page, '/signup', 'Skapa ett konto', ['Skapa konto', 'Logga in']);
  await page.getByLabel('E-post').fill('åsa');
  await page.getByLabel('Lösenord').fill('hej');
  await page.getByRole('button', { name: 'Skapa konto' }).click();
  await device.expectAlert('Något i formuläret behöver ses över.');
  await expect(page.locator('.field-fault')).toHaveCount(3);
  await expectSwedish(page);
  await signInInSwedish(device);
  await see(page, '/orders', 'Dina beställningar');
  await see(page, '/account', 'Ditt konto', ['Logga ut överallt']);
  await page.getByLabel('Nuvarande lösenord').fill('fel');
  await page.getByLabel('Nytt lösenord').fill(shop.viewer.email);
  await page.getByRole('button', { name: 'Ändra lösenord' }).click();
  await expect(page.locator('.field-fault')).toHaveCount(2);
  await expectSwedish(page);
  await page.getByRole('button', { name: 'Logga ut överallt' }).click();
  await expect(page.getByRole('status')).toHaveText('Du är utloggad överallt: i 1 webbläsare.');
  await expectSwedish(page);
});

test('a rental counts down in the language of the page', async ({ newDevice }) => {
  const device = await newDevice({ locale: 'sv-SE' });
  const { page } = device;
  await signInInSwedish(device);
  await page.goto('/devices');
  await page.getByRole('button', { name: 'Registrera den här enheten' }).click();
  await expect(page.getByText(/^Registrerad\./)).toBeVisible();
  await page.goto('/checkout/tidewater/rent');
  await page.getByLabel('Kortnummer').fill(CARD);
  await page.getByRole('button', { name: 'Betala' }).click();
  await page.getByRole('button', { name: 'Spela' }).click();
  await expect(page.getByRole('timer')).toHaveText(/^Hyrd: 4[78] tim \d+ min kvar$/);
  await device.expectPlaying();
  await expectSwedish(page);
});

test('the search for English finds it where it is', async ({ device }) => {
  await device.page.goto('/');
  await expect(device.page.locator('#shelf-heading')).toHaveText('On the shelf');
  await expect(device.page.getByText('Buy €9.99, rent €2.99').first()).toBeVisible();
  expect(englishIn(await words(device.page)).length).toBeGreaterThan(20);
});

test('Swedish fits on a telephone', async ({ newDevice }) => {
  const device = await newDevice({ locale: 'sv-SE', viewport: { width: 390, height: 844 } });
  const { page } = device;
  await signInInSwedish(device);
  for (const path of ['/', '/title/tidewater', '/devices', '/checkout/tidewater/buy', '/account']) {
    await page.goto(path);
    const masthead = await page.getByRole('banner').boundingBox();
    expect(masthead?.height, `${path}: the masthead has two lines at most`).toBeLessThan(130);
    await expectAccessibleDayAndNight(device, path);
  }
});
