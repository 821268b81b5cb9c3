import { chromium, expect, test, type Page } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium } from '../../scripts/chromium.mjs';
import { serve } from '../../scripts/serve.mjs';
import { AppPage } from './support/app-page.ts';
import { laterBuild, plainHost } from './support/plain-host.ts';
import { stored } from './support/stored.ts';

const executablePath = findChromium();
const updateNotice = (page: Page) => page.getByText('A new version is ready.');

/** Opens the mark at the top and waits until the app is kept. */
async function untilKept(page: Page): Promise<void> {
  await page.getByRole('button', { name: /left this machine/ }).click();
  await expect(page.getByTestId('offline-state')).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
  await expect(page.getByTestId('offline-state')).toContainText('Works without a network.');
  await page.keyboard.press('Escape');
}

/** Requests over the network, as the mark at the top counts them. */
async function counted(page: Page): Promise<number> {
  const figure = page.getByText('Requests for the app’s own files').locator('xpath=following::dd[1]');
  return Number((await figure.textContent())?.replace(/\D/g, '') || NaN);
}

/** Labels the first batch by its hidden reference and waits for the model. */
async function labelBatch(app: AppPage, version: number): Promise<void> {
  const { page } = app;
  await app.goTo('Label');
  await app.current();
  await page.getByTestId('answer-reference').click();
  await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', String(version), { timeout: 60_000 });
}

test('from an empty app to a model, an export and a restart without a network', async () => {
  const server = await serve();
  const profile = test.info().outputPath('profile');
  const options = { ...(executablePath ? { executablePath } : {}), args: CHROMIUM_ARGS, acceptDownloads: true };
  let context = await chromium.launchPersistentContext(profile, { ...options, baseURL: server.url });
  let page = context.pages()[0] ?? (await context.newPage());
  await new AppPage(page).openHome();
  await untilKept(page);
  // What the page loaded and what the service worker fetched again.
  await expect.poll(() => counted(page)).toBeGreaterThan(10);
  await server.close();
  await context.setOffline(true);

  await page.reload();
  let app = new AppPage(page);
  await expect(page.getByRole('button', { name: 'Create project' })).toBeEnabled();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await page.getByText('Clinic messages').first().click();
  await app.waitEmbedded(/(1,9\d\d|2,000) items/);
  await labelBatch(app, 1);
  expect(await counted(page)).toBe(0);
  await page.reload();
  await labelBatch(app, 2);
  const labels = (await stored(page, 'events')).filter((e) => e.kind === 'label').length;
  expect(labels).toBeGreaterThanOrEqual(40);
  app.watch.assertClean();
  await context.close();

  context = await chromium.launchPersistentContext(profile, { ...options, baseURL: server.url });
  await context.setOffline(true);
  page = context.pages()[0] ?? (await context.newPage());
  app = new AppPage(page);
  await page.goto('/');
  await page.getByRole('region', { name: 'Your projects' }).getByRole('button').first().click();
  await labelBatch(app, 3);
  await app.goTo('Export');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the project file' }).click(),
  ]);
  expect(await download.failure()).toBeNull();
  const second = await context.newPage();
  await second.goto('/licences.txt');
  await expect(second.locator('body')).toContainText('Apache');
  app.watch.assertClean();
  await context.close();
});

test('a host without headers gets threads by one reload, and never while somebody works', async ({ browser }) => {
  const host = await plainHost();
  const context = await browser.newContext({ baseURL: host.url });
  const page = await context.newPage();
  const app = new AppPage(page);
  let loads = 0;
  page.on('load', () => loads++);
  await page.goto('/');
  // Playwright's `evaluate` counts as a click: nothing is asked of the page before it has reloaded itself.
  await expect.poll(() => loads, { timeout: 60_000 }).toBe(2);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await page.waitForTimeout(1500);
  expect(loads).toBe(2);
  // The page's worker scripts get the policy too, which such a host does not send.
  const policy = await page.evaluate(async () => (await fetch('/index.html')).headers.get('content-security-policy'));
  expect(policy).toContain("connect-src 'self'");
  app.watch.assertClean();
  await context.close();

  const busy = await browser.newContext({ baseURL: host.url });
  const working = await busy.newPage();
  await working.goto('/');
  await expect(working.getByRole('button', { name: 'Create project' })).toBeEnabled();
  await working.getByLabel('Name', { exact: true }).click();
  await working.keyboard.type('Half a na');
  await untilKept(working);
  await working.waitForTimeout(1500);
  await expect(working.getByLabel('Name', { exact: true })).toHaveValue('Half a na');
  await working.getByRole('button', { name: /left this machine/ }).click();
  await working.getByRole('group', { name: 'Where your data is' }).getByRole('button', { name: 'Reload' }).click();
  await expect.poll(() => working.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true);
  await busy.close();
  await host.close();
});

test('a new version waits for the user, keeps labels, and old files go', async ({ browser }, testInfo) => {
  const host = await plainHost();
  const context = await browser.newContext({ baseURL: host.url });
  const page = await context.newPage();
  const app = new AppPage(page);
  await app.openHome();
  await untilKept(page);
  await page.getByText('Clinic messages').first().click();
  await app.waitEmbedded(/(1,9\d\d|2,000) items/);
  await labelBatch(app, 1);
  const other = await context.newPage();
  await other.goto('/');
  await expect(other.getByRole('button', { name: 'Create project' })).toBeEnabled();

  host.root = await laterBuild(testInfo.outputPath('later'));
  host.asked.length = 0;
  await page.bringToFront();
  await page.reload();
  await expect(updateNotice(page)).toBeVisible({ timeout: 60_000 });
  // Only what differs is fetched.
  expect(host.asked.filter((path) => path.startsWith('/assets/') || path.startsWith('/runtime/'))).toEqual([]);
  await app.goTo('Label');
  await app.label(3, () => '1');
  await expect(page.locator('html')).not.toHaveAttribute('data-build', 'later');
  const labels = (await stored(page, 'events')).filter((e) => e.kind === 'label');
  await page.getByRole('button', { name: 'Reload' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-build', 'later');
  await expect(updateNotice(page)).toHaveCount(0);
  await app.current();
  expect((await stored(page, 'events')).filter((e) => e.kind === 'label')).toEqual(labels);

  // The other tab goes on with its own build until it is wanted otherwise; its files stay as long as it may need them.
  await expect(updateNotice(other)).toBeVisible();
  await expect(other.locator('html')).not.toHaveAttribute('data-build', 'later');
  const copies = () =>
    page.evaluate(async () => (await caches.keys()).filter((n) => n.startsWith('winnow-app')).length);
  expect(await copies()).toBe(2);
  await other.close();
  await page.reload();
  await expect.poll(copies).toBe(1);
  app.watch.assertClean();
  await context.close();
  await host.close();
});

test('where there is no service worker the app works as a page', async ({ page }) => {
  const app = new AppPage(page);
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined });
  });
  await app.openHome();
  await page.getByRole('button', { name: /left this machine/ }).click();
  await expect(page.getByTestId('offline-state')).toContainText('This browser does not keep the app');
  app.watch.assertClean();
});

test('the browser takes the manifest and would install the app', async ({ page, context }) => {
  await new AppPage(page).openHome();
  await untilKept(page);
  const client = await context.newCDPSession(page);
  const { url, errors, data } = await client.send('Page.getAppManifest');
  expect(url).toContain('/manifest.webmanifest');
  expect(errors).toEqual([]);
  expect(JSON.parse(data ?? '')).toMatchObject({ name: 'Winnow', display: 'standalone', start_url: '/' });
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.filter((e) => e.errorId !== 'in-incognito')).toEqual([]);
});
