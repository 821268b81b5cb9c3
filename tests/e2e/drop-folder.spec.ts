import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';

test('a folder dropped on the page is read with its sub-folders', async ({ page }, testInfo) => {
  const folder = testInfo.outputPath('letters');
  for (const [kind, texts] of [
    ['praise', ['What a lovely stay.', 'Thank you all.']],
    ['blame', ['The room was cold.']],
  ] as const) {
    mkdirSync(join(folder, kind), { recursive: true });
    texts.forEach((text, i) => writeFileSync(join(folder, kind, `${i}.txt`), text));
  }
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Dropped', 'Texts');
  // The driver drops real paths, as a file manager does.
  const driver = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await driver.send('Input.dispatchDragEvent', { type, x: 700, y: 400, data });
  }
  await app.accept('Use them as labels');
  await app.waitEmbedded('3');
  await expect(app.rail('Classes')).toContainText('2 classes');
  await expect(app.rail('Label')).toContainText('3 imported');
  await expect(page.getByRole('banner')).toContainText('3 imported');
  app.watch.assertClean();
});
