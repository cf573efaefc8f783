import { expect, test } from '../support/test.ts';
test('older chosen', async ({ device }) => {
  const { page, panel } = device;
  await device.buyAndPlay('tidewater');
  await page.goto('/devices');
  await device.openPanel();
  await expect(panel.getByRole('link', { name: 'Licence', exact: true }).last()).toBeInViewport();
  const link = panel.getByRole('link', { name: /Step 2, Dummy token/ });
  await link.click();
  await expect(panel.locator('.message')).toBeVisible();
  console.log(await page.evaluate(() => [...document.querySelectorAll('.message-arrow.chosen')].map((a) => JSON.stringify([a.getAttribute('data-key'), a.getBoundingClientRect().top, a.getBoundingClientRect().height])).concat([...document.querySelectorAll('.sequence, .workflow-panel, .workflow-panel *')].filter((e) => e.scrollHeight > e.clientHeight + 2 && getComputedStyle(e).overflowY !== 'visible').map((e) => `${e.tagName}.${e.className} ${e.scrollTop} ${e.scrollHeight} ${e.clientHeight}`))));
  await page.screenshot({ path: '/tmp/look/older.png' });
});
