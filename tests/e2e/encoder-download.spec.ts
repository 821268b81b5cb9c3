import { expect, test, type Page } from '@playwright/test';
import { encodePng } from '../../src/domain/samples/png.ts';
import { expectAccessible } from './support/accessibility.ts';
import { AppPage } from './support/app-page.ts';
import { convModel } from './support/conv-model.ts';
import { hasData, hasModels, unpackImages } from './support/data.ts';
import { FakeHub } from './support/fake-hub.ts';
import { HUB_BROWSER } from './support/hub-browser.ts';
import { stored } from './support/stored.ts';

const REPOSITORY = 'onnx-community/dinov2-small';
const WEIGHTS = 'onnx/model_quantized.onnx';

test.use({ launchOptions: HUB_BROWSER });
test.skip(!hasData || !hasModels, 'the shared data and models are not here');

let hub: FakeHub;
test.beforeEach(async ({ context }, testInfo) => {
  hub = await FakeHub.start({ [REPOSITORY]: convModel(testInfo.outputPath('model'), 384) });
  await hub.standInFor(context);
});
test.afterEach(() => hub.close());

const card = (page: Page) => page.getByTestId('encoder-dinov2-small');

/** Every request that leaves the site, from now on. */
function watchOrigin(page: Page, baseURL: string | undefined): string[] {
  const foreign: string[] = [];
  page.context().on('request', (request) => {
    if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== baseURL) foreign.push(request.url());
  });
  return foreign;
}

test('an encoder is downloaded with a cut, resumed, used, and needs no network afterwards', async ({
  page,
  baseURL,
}, testInfo) => {
  const folder = testInfo.outputPath('tiles');
  unpackImages('eurosat_train_3000.zip', folder, 4);
  const app = new AppPage(page);
  const foreign = watchOrigin(page, baseURL);
  await app.openHome();
  await app.createProject('Tiles', 'Images');
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Use them as labels');
  await app.waitEmbedded('40');
  expect(foreign).toEqual([]);

  await page.getByRole('button', { name: 'Compare and download…' }).click();
  await expect(card(page)).toHaveAttribute('data-place', 'hub');
  expect(hub.asked).toEqual([]);
  hub.mishaps.push(700_000, 'refused', 'refused');
  await card(page).getByRole('button', { name: 'Download' }).click();
  await expect(card(page).getByRole('alert')).toContainText('The connection to the hub failed.', { timeout: 30_000 });
  await expect(card(page)).toHaveAttribute('data-place', 'partly');

  hub.asked.length = 0;
  await page.reload();
  await page.getByRole('button', { name: 'Compare and download…' }).click();
  await card(page).getByRole('button', { name: 'Go on downloading' }).click();
  await expect(card(page)).toHaveAttribute('data-place', 'machine', { timeout: 30_000 });
  const resumed = hub.asked.filter((a) => a.path === WEIGHTS);
  expect(resumed.map((a) => a.method)).toEqual(['GET']);
  expect(Number(/^bytes=(\d+)-$/.exec(resumed[0]?.range ?? '')?.[1])).toBeGreaterThan(300_000);
  expect(hub.asked.every((a) => a.origin === 'null')).toBe(true);

  await card(page).getByRole('button', { name: 'Use' }).click();
  await expect(page.getByTestId('embed-progress')).toHaveAttribute('aria-valuenow', '40', { timeout: 60_000 });
  await expect(page.getByLabel('Encoder')).toHaveValue('dinov2-small');
  expect((await stored(page, 'events')).filter((e) => e.kind === 'label')).toHaveLength(40);

  await hub.close();
  foreign.length = 0;
  const more = testInfo.outputPath('more');
  unpackImages('eurosat_train_3000.zip', more, 6);
  await page.reload();
  await page.getByTestId('folder-input').setInputFiles(more);
  await app.accept('Use them as labels');
  await app.waitEmbedded('60');
  await expect(page.getByTestId('embed-progress')).toHaveAttribute('aria-valuenow', '60', { timeout: 60_000 });
  expect(foreign).toEqual([]);
});

/** An image project without items, with the list of encoders open. */
async function openList(page: Page): Promise<AppPage> {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Tiles', 'Images');
  await page.getByTestId('files-input').setInputFiles({
    name: 'one.png',
    mimeType: 'image/png',
    buffer: Buffer.from(encodePng(Uint8Array.of(200, 30, 30), 1, 1)),
  });
  await app.accept('Ignore them');
  await page.getByRole('button', { name: 'Compare and download…' }).click();
  await expect(card(page)).toBeVisible();
  return app;
}

test('a wrong file is thrown away, a missing one is named, a cancel keeps what has arrived', async ({ page }) => {
  await openList(page);
  hub.wrong.add(WEIGHTS);
  // Announced by the listing with its real digest, sent with another first byte.
  hub.mishaps.push(300_000);
  await card(page).getByRole('button', { name: 'Download' }).click();
  await expect(card(page).getByRole('alert')).toContainText('is not the one that was expected', { timeout: 30_000 });
  await expect(card(page)).toHaveAttribute('data-place', 'partly');
  hub.wrong.clear();

  hub.missing.add(WEIGHTS);
  await card(page).getByRole('button', { name: 'Go on downloading' }).click();
  await expect(card(page).getByRole('alert')).toContainText(`has no ${WEIGHTS}`, { timeout: 30_000 });
  hub.missing.clear();

  hub.mishaps.push('stalled');
  await card(page).getByRole('button', { name: 'Go on downloading' }).click();
  await expect(card(page).getByTestId('download-progress')).toContainText(WEIGHTS);
  await card(page).getByRole('button', { name: 'Cancel the download of DINOv2 small' }).click();
  await expect(card(page)).toHaveAttribute('data-place', 'partly');
  await expect(card(page).getByRole('alert')).toHaveCount(0);

  await card(page).getByRole('button', { name: 'Go on downloading' }).click();
  await expect(card(page)).toHaveAttribute('data-place', 'machine', { timeout: 30_000 });
  await card(page).getByRole('button', { name: 'Remove' }).click();
  await expect(card(page)).toHaveAttribute('data-place', 'hub');
});

test('an encoder that does not fit is not begun, says what it needs, and comes when there is room', async ({
  page,
  context,
  baseURL: origin = '',
}) => {
  // Before the first write: the browser remembers for half a minute how much room there was.
  const client = await context.newCDPSession(page);
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 9_000_000 });
  await openList(page);
  await card(page).getByRole('button', { name: 'Download' }).click();
  const alert = card(page).getByRole('alert');
  await expect(alert).toContainText('There is too little room in this browser for the encoder.', { timeout: 30_000 });
  await expect(alert).toContainText(/11 MB are needed and less is free\./);
  await expect(alert).toContainText('projects and labels are untouched');
  await expect(card(page)).toHaveAttribute('data-place', 'hub');
  expect(hub.asked.filter((a) => a.path === WEIGHTS)).toEqual([]);

  await client.send('Storage.overrideQuotaForOrigin', { origin });
  await expect(async () => {
    await card(page).getByRole('button', { name: 'Download' }).click();
    await expect(card(page)).toHaveAttribute('data-place', 'machine', { timeout: 5_000 });
  }).toPass({ timeout: 60_000 });
  expect((await stored(page, 'items')).map((item) => item.paths[0])).toEqual(['one.png']);
});

test('the list of encoders is accessible and works by keyboard, in both themes and on a small screen', async ({
  page,
}) => {
  await openList(page);
  await expect(page.getByRole('dialog')).toContainText(
    'A download comes from Hugging Face (huggingface.co), when you ask',
  );
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await expectAccessible(page, 'dialog');
  }
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.getByRole('dialog').evaluate((d) => [d.scrollWidth, d.clientWidth]);
  expect(width[0]).toBe(width[1]);
  hub.mishaps.push('stalled');
  const download = card(page).getByRole('button', { name: 'Download DINOv2 small' });
  await download.focus();
  await page.keyboard.press('Enter');
  await expect(card(page).getByTestId('download-progress')).toContainText(WEIGHTS);
  await expectAccessible(page, 'dialog');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  // The download goes on, and can be cancelled where all long work is.
  await page.getByRole('button', { name: /^Cancel\s*Downloading DINOv2 small$/ }).click();
  await expect(page.getByRole('region', { name: 'Running work' })).toHaveCount(0);
});

test('a hub that answers only pages with an address is asked by one', async ({ page }) => {
  await openList(page);
  hub.refusesNull = true;
  await card(page).getByRole('button', { name: 'Download' }).click();
  // The files lie elsewhere, and after a redirect a browser never says where a request comes from.
  await expect.poll(() => hub.asked.map((a) => a.origin)).toContain(new URL(page.url()).origin);
});

test('the page cannot reach the hub, and the download document cannot reach what is stored', async ({ page }) => {
  await openList(page);
  const reach = (address: string) =>
    page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'reached',
          (error: unknown) => String(error),
        ),
      address,
    );
  expect(await reach(`${hub.url}/api/models/${REPOSITORY}/revision/main`)).toContain('TypeError');
  expect(await reach('https://huggingface.co/')).toContain('TypeError');
  expect(hub.asked).toEqual([]);

  await page.evaluate(() => {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.src = '/download.html';
    document.body.append(frame);
  });
  await expect.poll(() => page.frames().some((f) => f.url().endsWith('/download.html'))).toBe(true);
  const frame = page.frames().find((f) => f.url().endsWith('/download.html'));
  const tried = await frame?.evaluate(async (elsewhere) => {
    const said = async (work: () => unknown): Promise<string> => {
      try {
        await work();
        return 'allowed';
      } catch (error) {
        return error instanceof Error ? error.name : String(error);
      }
    };
    return {
      origin: self.origin,
      database: await said(
        () =>
          new Promise((done, fail) => {
            const opening = indexedDB.open('winnow');
            opening.onsuccess = done;
            opening.onerror = fail;
          }),
      ),
      files: await said(() => navigator.storage.getDirectory()),
      caches: await said(() => caches.keys()),
      parent: await said(() => parent.document.title),
      site: await said(() => fetch('/index.html')),
      elsewhere: await said(() => fetch(elsewhere)),
    };
  }, 'https://example.com/');
  expect(tried).toEqual({
    origin: 'null',
    database: 'SecurityError',
    files: 'SecurityError',
    caches: 'SecurityError',
    parent: 'SecurityError',
    site: 'TypeError',
    elsewhere: 'TypeError',
  });
});

test('with the app’s address the download document reaches no other server, and finds storage of its own, empty', async ({
  page,
}) => {
  await openList(page);
  expect(await page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name))).toContain('winnow');
  await page.evaluate(() => {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts allow-same-origin');
    frame.setAttribute('credentialless', '');
    frame.src = '/download.html';
    document.body.append(frame);
  });
  await expect.poll(() => page.frames().some((f) => f.url().endsWith('/download.html'))).toBe(true);
  const frame = page.frames().find((f) => f.url().endsWith('/download.html'));
  const found = await frame?.evaluate(async () => {
    const said = (address: string) =>
      fetch(address).then(
        () => 'reached',
        (error: unknown) => (error instanceof Error ? error.name : String(error)),
      );
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return {
      origin: self.origin,
      databases: (await indexedDB.databases()).map((d) => d.name),
      files: names,
      caches: await caches.keys(),
      site: await said('/index.html'),
      elsewhere: await said('https://example.com/'),
    };
  });
  expect(found).toEqual({
    origin: new URL(page.url()).origin,
    databases: [],
    files: [],
    caches: [],
    site: 'TypeError',
    elsewhere: 'TypeError',
  });
});
