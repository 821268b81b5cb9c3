import { expect, test, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { encodePng } from '../../src/domain/samples/png.ts';
import { expectAccessible } from './support/accessibility.ts';
import { AppPage } from './support/app-page.ts';
import { convModel } from './support/conv-model.ts';
import { hasModels } from './support/data.ts';
import { FakeHub } from './support/fake-hub.ts';
import { HUB_BROWSER } from './support/hub-browser.ts';
import { buildWith, plainHost } from './support/plain-host.ts';

test.use({ launchOptions: HUB_BROWSER });
test.skip(!hasModels, 'the shared models are not here');

const picture = (red: number) => ({
  name: `red-${red}.png`,
  mimeType: 'image/png',
  buffer: Buffer.from(encodePng(Uint8Array.of(red, 30, 30), 1, 1)),
});

/** A host that sends no headers, a hub, and a page there that its service worker has isolated. */
async function isolated(browser: Browser, folder: string, prepare: (context: BrowserContext) => Promise<unknown>) {
  const hub = await FakeHub.start({
    'onnx-community/dinov2-small': convModel(`${folder}-model`, 384),
  });
  const root = await buildWith(folder, 'download.html', (page) => hub.here(page));
  const host = await plainHost(root);
  const context = await browser.newContext({ baseURL: host.url });
  await prepare(context);
  const page = await context.newPage();
  const app = new AppPage(page);
  await app.openHome();
  await page.getByRole('button', { name: /left this machine/ }).click();
  await expect(page.getByTestId('offline-state')).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
  await expectAccessible(page, '[popover]:popover-open');
  await page.reload();
  await app.openHome();
  expect(await page.evaluate(() => [crossOriginIsolated, navigator.serviceWorker.controller !== null])).toEqual([
    true,
    true,
  ]);
  return { host, hub, context, page, app };
}

/** Downloads an encoder for a project with one picture. */
async function download(page: Page, app: AppPage) {
  await app.createProject('Tiles', 'Images');
  await page.getByTestId('files-input').setInputFiles(picture(200));
  await app.accept('Ignore them');
  await page.getByRole('button', { name: 'Compare and download…' }).click();
  const card = page.getByTestId('encoder-dinov2-small');
  await card.getByRole('button', { name: 'Download' }).click();
  await expect(card).toHaveAttribute('data-place', 'machine', { timeout: 60_000 });
  return card;
}

test('on a host without headers an encoder is downloaded beside the service worker and works without a network', async ({
  browser,
}, testInfo) => {
  const seenByWorker: string[] = [];
  const { host, hub, context, page, app } = await isolated(browser, testInfo.outputPath('site'), (own) => {
    own.on('request', (request) => {
      if (request.serviceWorker()) seenByWorker.push(new URL(request.url()).origin);
    });
    return Promise.resolve();
  });
  const card = await download(page, app);
  expect(hub.asked.length).toBeGreaterThan(2);
  expect(hub.asked.every((a) => a.origin === 'null')).toBe(true);
  expect(new Set(seenByWorker)).toEqual(new Set([host.url]));
  await card.getByRole('button', { name: 'Use' }).click();
  await expect(page.getByLabel('Encoder')).toHaveValue('dinov2-small');
  await app.waitEmbedded('1');

  await Promise.all([hub.close(), host.close()]);
  await context.setOffline(true);
  await page.reload();
  await page.getByTestId('files-input').setInputFiles(picture(90));
  await app.accept('Ignore them');
  await app.waitEmbedded('2', 150_000);
  await expect(page.getByLabel('Encoder')).toHaveValue('dinov2-small');
  app.watch.assertClean();
  await context.close();
});

test('a browser that knows no frames without credentials downloads there too', async ({ browser }, testInfo) => {
  const { host, hub, context, page, app } = await isolated(browser, testInfo.outputPath('site'), (own) =>
    own.addInitScript(() => {
      const set = Object.getOwnPropertyDescriptor(Element.prototype, 'setAttribute')?.value as Element['setAttribute'];
      HTMLIFrameElement.prototype.setAttribute = function (name, value) {
        if (name !== 'credentialless') set.call(this, name, value);
      };
    }),
  );
  await download(page, app);
  // The frame without an origin was blocked; the one with the app's address gets its headers from the service worker.
  expect(new Set(hub.asked.map((a) => a.origin))).toContain(host.url);
  await Promise.all([hub.close(), host.close()]);
  await context.close();
});
