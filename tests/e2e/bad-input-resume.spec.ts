import { expect, test, type Page } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { png, writeFolder, type Files } from './support/odd-files.ts';
import { expectWhole, stored, storedCount, untilStored } from './support/stored.ts';

const COUNT = 200;
const messagesOf = (page: Page) => page.getByRole('region', { name: 'Messages' });

/** Small pictures, two of them copies of others; `paths` without what is refused. */
function pictures(count = COUNT): { files: Files; paths: string[] } {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < count; i++) files[`f${i % 3}/p${1000 + i}.png`] = png(i, 120, 90);
  files['f0/copy of 1000.png'] = png(0, 120, 90);
  files['f9/copy of 1007.png'] = png(7, 120, 90);
  return { files, paths: Object.keys(files) };
}

type Use = Parameters<AppPage['accept']>[0];

async function startImport(page: Page, folder: string, use: Use = 'Ignore them'): Promise<AppPage> {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Long', 'Images');
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept(use);
  return app;
}

/** What is stored now is part of the folder; the rest follows when it is chosen again, with what was chosen before. */
async function goOn(app: AppPage, folder: string, paths: string[], use: Use = 'Ignore them'): Promise<void> {
  const { page } = app;
  await expect(page.getByText(/was cut off after \d+ of 202 files/)).toBeVisible();
  const kept = await storedCount(page, 'items');
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(COUNT);
  await page.getByTestId('folder-input').setInputFiles(folder);
  await expect(page.getByRole('radio', { name: use })).toBeChecked();
  await page.getByTestId('accept-offer').click();
  await app.waitEmbedded(String(COUNT));
  await expectWhole(page, paths);
  expect(await storedCount(page, 'originals')).toBe(COUNT);
  await expect(page.getByText('was cut off after')).toHaveCount(0);
}

test('a reload in the middle of an import loses and doubles nothing', async ({ page }, testInfo) => {
  const { files, paths } = pictures();
  const folder = writeFolder(testInfo.outputPath('long'), files);
  const app = await startImport(page, folder);
  await untilStored(page, 'items', 1);
  await page.reload();
  await goOn(app, folder, paths);
  app.watch.assertClean();
});

test('after a reload names still become labels, those of what came before it too', async ({ page }, testInfo) => {
  const { files, paths } = pictures();
  const folder = writeFolder(testInfo.outputPath('long'), files);
  const app = await startImport(page, folder, 'Use them as labels');
  await untilStored(page, 'items', 1);
  await page.reload();
  await expect(page.getByText('Choose the same folder again to go on from there.')).toBeVisible();
  await goOn(app, folder, paths, 'Use them as labels');
  await expect(app.rail('Classes')).toContainText('3 classes');
  await app.goTo('Export');
  await expect(app.rail('Export')).toContainText(`${COUNT} labels`);
  app.watch.assertClean();
});

test('a cancelled import keeps what it read and goes on later', async ({ page }, testInfo) => {
  const { files, paths } = pictures();
  const folder = writeFolder(testInfo.outputPath('long'), files);
  const app = await startImport(page, folder);
  await untilStored(page, 'items', 1);
  await page.getByRole('button', { name: /^Cancel Reading/ }).click();
  await expect(page.getByRole('region', { name: 'Running work' })).toHaveCount(0, { timeout: 2000 });
  await expect(messagesOf(page).getByRole('alert')).toHaveCount(0);
  await goOn(app, folder, paths);
  app.watch.assertClean();
});

test('leaving the project ends its import; coming back goes on', async ({ page }, testInfo) => {
  const { files, paths } = pictures();
  const folder = writeFolder(testInfo.outputPath('long'), files);
  const app = await startImport(page, folder);
  await untilStored(page, 'items', 1);
  await page.getByRole('link', { name: 'Winnow, all projects' }).click();
  await expect(page.getByRole('region', { name: 'Running work' })).toHaveCount(0);
  await page.getByRole('button', { name: /^images Long/ }).click();
  await goOn(app, folder, paths);
  app.watch.assertClean();
});

test('two folders taken one after the other while the first is read', async ({ page }, testInfo) => {
  const { files, paths } = pictures();
  const app = await startImport(page, writeFolder(testInfo.outputPath('long'), files));
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(30, 30);
    canvas.getContext('2d')?.fillRect(0, 0, 9, 9);
    const transfer = new DataTransfer();
    transfer.items.add(new File([await canvas.convertToBlob()], 'dropped.png', { lastModified: 1 }));
    const target = document.querySelector('[data-over]');
    target?.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
  await app.accept('Ignore them');
  await app.waitEmbedded(String(COUNT + 1));
  await expectWhole(page, [...paths, 'dropped.png']);
  app.watch.assertClean();
});

test('a table cut off by a reload goes on where it stopped', async ({ page }, testInfo) => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `"Message number ${i},\nin two lines",${i % 4}`);
  const folder = writeFolder(testInfo.outputPath('table'), { 't.csv': `text,label\n${rows.join('\n')}\n` });
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Table', 'Texts');
  const choose = async (): Promise<void> => {
    await page.getByTestId('files-input').setInputFiles(`${folder}/t.csv`);
    await app.accept('Ignore them');
  };
  await choose();
  await untilStored(page, 'items', 1);
  await page.reload();
  await expect(page.getByText(/was cut off after [\d,]+ of 20,000 texts/)).toBeVisible();
  expect(await storedCount(page, 'items')).toBeLessThan(20_000);
  await choose();
  await untilStored(page, 'items', 20_000);
  await expect.poll(async () => (await stored(page, 'journals')).filter((j) => j.isFinished).length).toBe(1);
  await expectWhole(
    page,
    rows.map((_, i) => `t.csv#${i + 1}`),
  );
  await expect(page.getByText('was cut off after')).toHaveCount(0);
  app.watch.assertClean();
});
