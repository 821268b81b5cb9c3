import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { encodePng } from '../../src/domain/samples/png.ts';
import { expectAccessible } from './support/accessibility.ts';
import { AppPage } from './support/app-page.ts';
import { hasModels, MODELS_DIR } from './support/data.ts';
import { FakeHub } from './support/fake-hub.ts';
import { HUB_BROWSER } from './support/hub-browser.ts';
import { plainHost } from './support/plain-host.ts';

test.use({ launchOptions: HUB_BROWSER });
test.skip(!hasModels, 'the shared models are not here');

const picture = (red: number) => ({
  name: `red-${red}.png`,
  mimeType: 'image/png',
  buffer: Buffer.from(encodePng(Uint8Array.of(red, 30, 30), 1, 1)),
});

test('on a host without headers an encoder is downloaded beside the service worker and works without a network', async ({
  browser,
}) => {
  const host = await plainHost();
  const hub = await FakeHub.start({
    'onnx-community/dinov2-small': join(MODELS_DIR, 'google-coral', 'mobilenet_v2_1.0_224'),
  });
  const context = await browser.newContext({ baseURL: host.url });
  await hub.standInFor(context);
  const seenByWorker: string[] = [];
  context.on('request', (request) => {
    if (request.serviceWorker()) seenByWorker.push(new URL(request.url()).origin);
  });
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

  await app.createProject('Tiles', 'Images');
  await page.getByTestId('files-input').setInputFiles(picture(200));
  await app.accept('Ignore them');
  await page.getByRole('button', { name: 'Compare and download…' }).click();
  const card = page.getByTestId('encoder-dinov2-small');
  await card.getByRole('button', { name: 'Download' }).click();
  await expect(card).toHaveAttribute('data-place', 'machine', { timeout: 60_000 });
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
