import { mkdirSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { bmp, png, withOrientation, writeFolder } from './support/odd-files.ts';

/** A picture of random noise in a format that the browser can write. */
async function drawn(page: Page, type: string, width: number, height: number): Promise<Buffer> {
  const numbers = await page.evaluate(
    async ([mime, w, h]) => {
      const canvas = new OffscreenCanvas(w, h);
      const context = canvas.getContext('2d');
      for (let i = 0; context && i < 40; i++) {
        context.fillStyle = `hsl(${(i * 47) % 360} 70% ${30 + (i % 5) * 10}%)`;
        context.fillRect((i * 13) % w, (i * 29) % h, 9, 7);
      }
      return Array.from(new Uint8Array(await (await canvas.convertToBlob({ type: mime })).arrayBuffer()));
    },
    [type, width, height] as const,
  );
  return Buffer.from(numbers);
}

async function rejected(page: Page): Promise<Record<string, string>> {
  const rows = page.getByRole('region', { name: 'Files that could not be used' }).locator('tbody tr');
  await page.locator('summary', { hasText: 'could not be used' }).click();
  const cells = await rows.evaluateAll((list) =>
    list.map((row) => Array.from(row.querySelectorAll('td'), (cell) => cell.textContent)),
  );
  return Object.fromEntries(cells.map(([path, reason]) => [path ?? '', reason ?? '']));
}

test('a folder of odd pictures: what can be used is used, the rest is listed with a reason', async ({ page }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  const jpeg = await drawn(page, 'image/jpeg', 60, 40);
  const webp = await drawn(page, 'image/webp', 50, 30);
  const folder = info.outputPath('odd');
  const long = `${'long-name-'.repeat(20)}.png`;
  const gif = Buffer.from('R0lGODlhAQABAIAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=', 'base64');
  writeFolder(folder, {
    'plain.png': png(20, 10, [10, 200, 30]),
    'copy/of plain.png': png(20, 10, [10, 200, 30]),
    'a/b/c/nested.png': png(8, 8, [1, 2, 3]),
    'Grüße/日本語 ‮gnp.png': png(9, 9, [90, 2, 3]),
    [`long/${long}`]: png(7, 7, [4, 50, 60]),
    'turned.jpg': withOrientation(jpeg, 6),
    'png-called.jpg': png(12, 12, [200, 100, 0]),
    'picture.webp': webp,
    'dot.gif': gif,
    'bits.bmp': bmp(6, 5, [250, 0, 120]),
    noextension: png(11, 13, [0, 0, 255]),
    'empty.jpg': '',
    'text.jpg': 'This is no picture at all.',
    'cut.jpg': jpeg.subarray(0, Math.floor(jpeg.length / 3)),
    'cut.png': png(300, 300, [5, 5, 5]).subarray(0, 60),
    'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>',
    'svg-called.png': '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    'giant.png': png(10, 10, [0, 0, 0], [20_000, 10_000]),
    'notes.txt': 'Do not import me.',
    'paper.pdf': '%PDF-1.7 nothing here',
    '.DS_Store': 'x',
  });
  await app.createProject('Odd pictures', 'Images');
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('10');
  const reasons = await rejected(page);
  expect(Object.keys(reasons).sort()).toEqual(
    [
      'cut.jpg',
      'cut.png',
      'drawing.svg',
      'empty.jpg',
      'giant.png',
      'notes.txt',
      'paper.pdf',
      'svg-called.png',
      'text.jpg',
    ].sort(),
  );
  expect(reasons['empty.jpg']).toBe('This file is empty.');
  expect(reasons['giant.png']).toContain('200 megapixels');
  expect(reasons['drawing.svg']).toContain('SVG');
  expect(reasons['svg-called.png']).toContain('SVG');
  expect(reasons['cut.png']).toContain('damaged or incomplete');
  expect(reasons['text.jpg']).toContain('JPEG, PNG, WebP');
  const items = await storedItems(page);
  const byPath = new Map(items.flatMap((item) => item.paths.map((path) => [path, item] as const)));
  expect(byPath.get('plain.png')?.paths).toEqual(['copy/of plain.png', 'plain.png']);
  expect(byPath.get('turned.jpg')).toMatchObject({ width: 40, height: 60 });
  expect(byPath.get('a/b/c/nested.png')).toMatchObject({ width: 8, height: 8 });
  expect([...byPath.keys()].filter((path) => path.includes('long-name')).length).toBe(1);
  expect([...byPath.keys()].some((path) => path.startsWith('Grüße/'))).toBe(true);
  app.watch.assertClean();
});

interface StoredItem {
  readonly paths: string[];
  readonly width: number;
  readonly height: number;
}

/** Items as they lie in the browser's database. */
function storedItems(page: Page): Promise<StoredItem[]> {
  return page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const name = databases[0]?.name ?? '';
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('no database'));
    });
    const records = await new Promise<unknown[]>((resolve, reject) => {
      const request = db.transaction('items').objectStore('items').getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('no items'));
    });
    db.close();
    return records.map((record) => {
      const { item } = record as { item?: StoredItem };
      return item ?? (record as StoredItem);
    });
  });
}

test('an empty folder and a folder of nothing usable say so and cost nothing', async ({ page }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Nothing', 'Images');
  const empty = info.outputPath('empty');
  mkdirSync(empty, { recursive: true });
  await page.getByTestId('folder-input').setInputFiles(empty);
  const junk = info.outputPath('junk');
  writeFolder(junk, { 'a.txt': 'words', 'b.jpg': '' });
  await page.getByTestId('folder-input').setInputFiles(junk);
  await app.accept('Ignore them');
  await expect(page.locator('summary', { hasText: '2 files could not be used' })).toBeVisible();
  const good = info.outputPath('good');
  writeFolder(good, { 'x.png': png(8, 8, [1, 2, 3]) });
  await page.getByTestId('folder-input').setInputFiles(good);
  await app.accept('Ignore them');
  await app.waitEmbedded('1');
  app.watch.assertClean();
});

test('a project of one item can be labelled and exported', async ({ page }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Single', 'Images');
  const folder = info.outputPath('single');
  writeFolder(folder, { 'x.png': png(8, 8, [1, 2, 3]) });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('1');
  await app.goTo('Classes');
  await page.getByTestId('new-class').fill('good');
  await page.keyboard.press('Enter');
  await page.getByTestId('new-class').fill('bad');
  await page.keyboard.press('Enter');
  await app.goTo('Label');
  await app.current();
  await page.keyboard.press('1');
  await expect(page.getByText(/1 of 1 labelled/).first()).toBeVisible();
  await app.goTo('Export');
  await app.download(info, () => page.getByTestId('export-labels-csv').click());
  app.watch.assertClean();
});
