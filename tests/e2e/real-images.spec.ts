import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import Papa from 'papaparse';
import { AppPage } from './support/app-page.ts';
import { hasData, hasModels, unpackImages } from './support/data.ts';

const TEST_ITEMS = 100;
const BATCH = 20;
const ROUNDS = 10;

test('1,000 satellite tiles: folder, MobileNetV2, 300 labels by keyboard, reload, export, project file elsewhere', async ({
  page,
  browser,
}, testInfo) => {
  test.skip(!hasData || !hasModels, 'the shared data and models are not here');
  const folder = testInfo.outputPath('tiles');
  expect(unpackImages('eurosat_train_3000.zip', folder, 100)).toBe(1000);
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Tiles', 'Images');
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.chooseEncoder('MobileNetV2 1.0');
  await app.accept('Hide them as a reference');
  await app.waitEmbedded('1,000');

  await app.goTo('Classes');
  await page.getByTestId('add-suggested').click();
  await expect(app.rail('Classes')).toContainText('10 classes');
  await app.goTo('Label');
  await app.current();
  const keys = await app.classKeys();
  const keyOf = (path: string): string => keys.get(path.split('/')[0] ?? '') ?? '';
  expect(keyOf('Forest/x.jpg')).not.toBe('');

  await page.keyboard.press('t');
  await app.label(TEST_ITEMS, keyOf);
  await expect(page.getByTestId('test-progress')).toContainText('100');
  await page.keyboard.press('t');

  const asked: string[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    if (round !== 3) {
      asked.push(...(await app.label(BATCH, keyOf)));
      continue;
    }
    // Reload in the middle of a batch: the same item is there again.
    asked.push(...(await app.label(7, keyOf)));
    const before = await app.current();
    await expect(page.getByTestId('saved-mark')).toHaveAttribute('data-state', 'saved');
    await page.reload();
    expect(await app.current()).toEqual(before);
    asked.push(...(await app.label(BATCH - 7, keyOf)));
  }
  expect(new Set(asked).size).toBe(BATCH * ROUNDS);
  // The eleventh batch opens once the model of all 200 labels is trained.
  await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', String(ROUNDS), { timeout: 60_000 });
  const nextBatch = await upcoming(app);

  await app.goTo('Evaluate');
  const { value, n } = await app.accuracy();
  expect(n).toBe(TEST_ITEMS);
  expect(value).toBeGreaterThanOrEqual(0.8);
  testInfo.annotations.push({ type: 'test accuracy', description: `${value} on ${n} items after 200 labels` });

  await app.goTo('Export');
  const labels = await app.download(testInfo, () => page.getByTestId('export-labels-csv').click());
  const rows = Papa.parse<Record<string, string>>(readFileSync(labels, 'utf8'), { header: true, skipEmptyLines: true });
  expect(rows.data).toHaveLength(TEST_ITEMS + BATCH * ROUNDS);
  expect(rows.data.every((row) => row['path']?.startsWith(`${row['class'] ?? '?'}/`))).toBe(true);
  expect(rows.data.filter((row) => row['set'] === 'test')).toHaveLength(TEST_ITEMS);
  expect(rows.data.filter((row) => row['set'] === 'test').every((row) => row['suggestion'] === '')).toBe(true);
  const bundle = await app.download(testInfo, () => page.getByTestId('save-project').click());

  const elsewhere = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const other = new AppPage(await elsewhere.newPage());
  await other.openHome();
  await other.page.getByTestId('bundle-input').setInputFiles(bundle);
  await expect(other.page.getByTestId('model-version')).toHaveAttribute('data-version', String(ROUNDS), {
    timeout: 60_000,
  });
  expect(await upcoming(other)).toEqual(nextBatch);
  await other.goTo('Evaluate');
  expect(await other.accuracy()).toEqual({ value, n });
  await other.goTo('Export');
  const again = await other.download(testInfo, () => other.page.getByTestId('export-labels-csv').click());
  expect(readFileSync(again, 'utf8')).toBe(readFileSync(labels, 'utf8'));
  other.watch.assertClean();
  await elsewhere.close();
  app.watch.assertClean();
});

/** Ids of the next picks: what the first items of the open batch are, by skipping through three of them and undoing. */
async function upcoming(app: AppPage): Promise<string[]> {
  await app.goTo('Label');
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { id } = await app.current();
    ids.push(id);
    await app.page.keyboard.press('Space');
    await app.page.waitForFunction(
      (before) => document.querySelector('[data-testid="current-item"]')?.getAttribute('data-item-id') !== before,
      id,
    );
  }
  for (const id of [...ids].reverse()) {
    await app.page.keyboard.press('Backspace');
    await expect(app.item).toHaveAttribute('data-item-id', id);
  }
  return ids;
}
