import { cpus } from 'node:os';
import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { hasModels } from './support/data.ts';
import { storedCount } from './support/stored.ts';

const LONG = 'a long story about a lost parcel '.repeat(60);
const lines = Array.from({ length: 120 }, (_, i) => `"note ${i} about ${i % 7 === 0 ? LONG : 'a lost parcel'}"`);
const file = { name: 'notes.csv', mimeType: 'text/csv', buffer: Buffer.from(`text\n${lines.join('\n')}\n`) };
const cut = lines.filter((_, i) => i % 7 === 0).length;

test('long texts are counted, all cores work, and another project computes nothing again', async ({ page }) => {
  test.skip(!hasModels, 'the shared models are not here');
  const app = new AppPage(page);
  const weights: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('.onnx')) weights.push(request.url());
  });
  const begin = async (name: string): Promise<void> => {
    await app.openHome();
    await app.createProject(name, 'Texts');
    await page.getByTestId('files-input').setInputFiles(file);
    await app.accept('Ignore them');
    await app.waitEmbedded(String(lines.length));
    await app.goTo('Data');
    await app.chooseEncoder('potion-base-2M');
    await expect(page.getByTestId('truncated')).toContainText(`${cut} of ${lines.length} texts are longer`, {
      timeout: 90_000,
    });
    await app.waitEmbedded(String(lines.length));
  };
  await begin('First');
  if (cpus().length > 1) {
    await expect(page.getByText(`processor (WebAssembly), ${cpus().length} threads`)).toBeVisible();
  }
  await page.reload();
  await app.goTo('Data');
  await expect(page.getByTestId('truncated')).toContainText(`${cut} of ${lines.length} texts are longer`);
  const loads = weights.length;
  expect(loads).toBeGreaterThan(0);
  // One for the built-in encoder, which is chosen at first, and one for this.
  expect(await storedCount(page, 'chunks')).toBe(2);

  await begin('Second');
  expect(await storedCount(page, 'chunks')).toBe(4);
  expect(weights).toHaveLength(loads);
  app.watch.assertClean();
});
