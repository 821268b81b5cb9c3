import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import {
  avif,
  bmp,
  boastfulPng,
  canvasImage,
  gif,
  png,
  SVG,
  withOrientation,
  writeFolder,
} from './support/odd-files.ts';
import { importedPaths, refusals, stored } from './support/stored.ts';

test('bad pictures among good ones are listed with a reason and the rest goes on', async ({ page }, testInfo) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Odd pictures', 'Images');
  const jpeg = await canvasImage(page, 'image/jpeg', 1, 320, 240);
  const large = png(9, 200, 200);
  const folder = writeFolder(testInfo.outputPath('odd'), {
    'good.png': png(1),
    'wrong-name.jpg': png(2),
    'empty.png': '',
    'notes.jpg': 'These are no pixels.',
    'cut.jpg': jpeg.subarray(0, Math.floor(jpeg.length * 0.6)),
    'cut.png': large.subarray(0, Math.floor(large.length / 2)),
    'header-only.jpg': jpeg.subarray(0, 40),
    'drawing.svg': SVG,
    'drawing.png': SVG,
    'boastful.png': boastfulPng(20_000, 10_000),
  });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('2');

  expect(await importedPaths(page)).toEqual(['good.png', 'wrong-name.jpg']);
  const reasons = await refusals(page);
  expect(Object.keys(reasons).sort()).toEqual([
    'boastful.png',
    'cut.jpg',
    'cut.png',
    'drawing.png',
    'drawing.svg',
    'empty.png',
    'header-only.jpg',
    'notes.jpg',
  ]);
  expect(reasons['boastful.png']).toContain('200 megapixels');
  expect(reasons['cut.jpg']).toContain('damaged or incomplete');
  expect(reasons['cut.png']).toContain('damaged or incomplete');
  expect(reasons['drawing.png']).toContain('SVG');
  expect(reasons['drawing.svg']).toContain('SVG');
  expect(reasons['empty.png']).toContain('empty');
  expect(reasons['header-only.jpg']).toContain('damaged or incomplete');
  expect(reasons['notes.jpg']).toContain('no picture');
  await page.getByText('8 files could not be used').click();
  for (const [path, reason] of Object.entries(reasons)) {
    await expect(page.getByRole('row').filter({ hasText: path }).filter({ hasText: reason })).toHaveCount(1);
  }
  app.watch.assertClean();
});

test('every kind of picture, names in any script, nested folders, copies and turned photographs', async ({
  page,
}, testInfo) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Kinds', 'Images');
  const av1 = await avif(page);
  testInfo.annotations.push({ type: 'AVIF', description: av1 ? 'made here' : 'this browser encodes no AV1' });
  const long = `${'n'.repeat(196)}.png`;
  const photo = await canvasImage(page, 'image/jpeg', 3, 40, 20);
  const folder = writeFolder(testInfo.outputPath('kinds'), {
    'a.gif': gif(1),
    'b.bmp': bmp(1),
    'c.webp': await canvasImage(page, 'image/webp', 2),
    ...(av1 ? { 'd.avif': av1 } : {}),
    'upright.jpg': photo,
    'turned.jpg': withOrientation(photo, 6),
    'mirrored.jpg': withOrientation(photo, 2),
    'one/two/three/four/deep.png': png(4),
    'Übersicht/写真 №1 🦋.png': png(5),
    [long]: png(6),
    'copies/first.png': png(7),
    'other copies/second.png': png(7),
  });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Use them as labels');
  await app.waitEmbedded(av1 ? '11' : '10');

  const items = await stored(page, 'items');
  expect(await refusals(page)).toEqual({});
  const at = (path: string) => items.find((item) => item.paths.includes(path));
  const size = (path: string): number[] => [at(path)?.width ?? 0, at(path)?.height ?? 0];
  for (const path of ['a.gif', 'b.bmp', 'c.webp', long]) expect(size(path), path).toEqual([24, 16]);
  if (av1) expect(size('d.avif')).toEqual([64, 64]);
  expect(size('upright.jpg')).toEqual([40, 20]);
  expect(size('turned.jpg')).toEqual([20, 40]);
  expect(size('mirrored.jpg')).toEqual([40, 20]);
  expect(at('one/two/three/four/deep.png')?.hint).toBe('four');
  expect(at('Übersicht/写真 №1 🦋.png')?.hint).toBe('Übersicht');
  expect(at('copies/first.png')?.paths).toEqual(['copies/first.png', 'other copies/second.png']);
  await expect(page.getByText('1 item came more than once and is labelled once')).toBeVisible();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  app.watch.assertClean();
});

test('an empty folder, hidden files alone, and a folder of which nothing is left each get a sentence', async ({
  page,
}, testInfo) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Nothing', 'Images');
  const messages = page.getByRole('region', { name: 'Messages' });
  await page
    .getByTestId('folder-input')
    .setInputFiles(writeFolder(testInfo.outputPath('hidden'), { '.DS_Store': 'x' }));
  await expect(messages).toContainText('There is nothing here that Winnow can use');
  await expect(messages).toContainText('hidden');
  await messages.getByRole('button', { name: /^Dismiss/ }).click();
  await expect(messages.getByRole('alert')).toHaveCount(0);

  const folder = writeFolder(testInfo.outputPath('useless'), { 'a.jpg': '', 'b.svg': SVG, 'c.txt': 'words' });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await expect(messages).toContainText('This project labels images: choose JPEG, PNG');
  await expect(messages).toContainText('Nothing in useless could be used; the list below gives 3 reasons.');
  await expect(page.getByText('3 files could not be used')).toBeVisible();
  expect(await stored(page, 'items')).toEqual([]);
  app.watch.assertClean();
});

test('one usable picture: the project works and says what is missing', async ({ page }, testInfo) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('One', 'Images');
  const folder = writeFolder(testInfo.outputPath('one'), { 'only.png': png(1), 'bad.png': '' });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await expect(app.rail('Data')).toContainText(/\b1 item$/);
  await expect(page.getByText('1 file could not be used')).toBeVisible();
  await app.goTo('Classes');
  for (const name of ['Cat', 'Dog']) {
    await page.getByLabel('New class').fill(name);
    await page.keyboard.press('Enter');
  }
  await app.goTo('Label');
  await app.current();
  await expect(page.locator('body')).not.toContainText(/\b1 (items|labels|files|images)\b/);
  await page.reload();
  await expect(app.rail('Data')).toContainText(/\b1 item$/);
  app.watch.assertClean();
});
