import { expect, test, type Page } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { png } from './support/odd-files.ts';
import { expectWhole, stored, storedCount, untilStored } from './support/stored.ts';

const messagesOf = (page: Page) => page.getByRole('region', { name: 'Messages' });
const PERMISSION = 'The browser needs your permission to read the folder again.';

/** The folder dialog gives the folder `photos` of the origin-private file system. */
const FOLDER_DIALOG = `window.showDirectoryPicker = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle('photos', { create: true });`;
/** Permission as for a folder of the user's disk: gone after a reload until it is asked for; `answer` is the user's. */
const permission = (answer: 'granted' | 'denied'): string => `{
  let state = 'prompt';
  FileSystemHandle.prototype.queryPermission = async () => state;
  FileSystemHandle.prototype.requestPermission = async () => (state = '${answer}');
}`;

/** Writes (or with null removes) files in `photos`. */
async function putFiles(page: Page, files: Record<string, Uint8Array | null>): Promise<void> {
  const plain = Object.entries(files).map(([path, bytes]) => [path, bytes ? [...bytes] : null] as const);
  await page.evaluate(async (list) => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('photos', { create: true });
    for (const [path, bytes] of list) {
      const parts = path.split('/');
      const name = parts.pop() ?? '';
      let folder = root;
      for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true });
      if (!bytes) {
        await folder.removeEntry(name);
        continue;
      }
      const writer = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writer.write(Uint8Array.from(bytes));
      await writer.close();
    }
  }, plain);
}

function pictures(count: number, width = 120): Record<string, Uint8Array> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${i % 2 ? 'odd' : 'even'}/p${1000 + i}.png`, png(i, width, 40)]),
  );
}

async function pick(
  page: Page,
  files: Record<string, Uint8Array>,
  hints: 'Ignore them' | 'Use them as labels' = 'Use them as labels',
): Promise<AppPage> {
  const app = new AppPage(page);
  await page.addInitScript(FOLDER_DIALOG);
  await app.openHome();
  await putFiles(page, files);
  await app.createProject('Kept folder', 'Images');
  await page.getByRole('button', { name: 'Choose a folder', exact: true }).click();
  await app.accept(hints);
  return app;
}

/** Widths of the large picture on the label stage, once it is there. */
const shownWidth = (app: AppPage): Promise<number> =>
  app.item
    .locator('img')
    .first()
    .evaluate((img: HTMLImageElement) => img.naturalWidth);

test('a kept folder: no copies, originals after a reload, permission asked again, a file that is gone', async ({
  page,
}) => {
  const app = await pick(page, { ...pictures(30, 400), 'odd/empty.png': new Uint8Array() }, 'Ignore them');
  await app.waitEmbedded('30');
  expect(await storedCount(page, 'originals')).toBe(0);
  expect(await storedCount(page, 'handles')).toBe(1);
  expect((await stored(page, 'rejections')).map((r) => r.path)).toEqual(['odd/empty.png']);
  await app.goTo('Classes');
  for (const name of ['Even', 'Odd']) {
    await page.getByTestId('new-class').fill(name);
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('new-class')).toHaveValue('');
  }

  await page.reload();
  await expect(app.rail('Data')).toContainText('30 items');
  await expect(page.getByText(PERMISSION)).toHaveCount(0);
  await app.goTo('Label');
  await app.current();
  await expect.poll(() => shownWidth(app)).toBe(400);

  await page.addInitScript(permission('granted'));
  await page.reload();
  await app.current();
  await expect.poll(() => shownWidth(app)).toBe(256);
  await app.goTo('Data');
  await page.getByRole('button', { name: 'Allow reading the folder' }).click();
  await expect(page.getByText(PERMISSION)).toHaveCount(0);
  await app.goTo('Label');
  const { path } = await app.current();
  await expect.poll(() => shownWidth(app)).toBe(400);

  await putFiles(page, { [path]: null });
  await page.reload();
  await app.goTo('Data');
  await page.getByRole('button', { name: 'Allow reading the folder' }).click();
  await app.goTo('Label');
  await app.current();
  await expect.poll(() => shownWidth(app)).toBe(256);
  app.watch.assertClean();
});

test('permission that is refused gets a sentence and the labels stay', async ({ page }) => {
  const app = await pick(page, pictures(4));
  await app.waitEmbedded('4');
  await page.addInitScript(permission('denied'));
  await page.reload();
  await page.getByRole('button', { name: 'Allow reading the folder' }).click();
  await expect(messagesOf(page).getByRole('alert')).toContainText('The browser has closed access to the folder.');
  await expect(page.getByText(PERMISSION)).toBeVisible();
  await expect(app.rail('Data')).toContainText('4 items');
  app.watch.assertClean();
});

test('a reload in the middle of reading a kept folder: it goes on without choosing it again', async ({ page }) => {
  const files = pictures(150);
  const app = await pick(page, files);
  await untilStored(page, 'items', 1);
  await page.reload();
  await expect(page.getByText(/was cut off after \d+ of 150 files/)).toBeVisible();
  expect(await storedCount(page, 'items')).toBeLessThan(150);
  await page.getByRole('button', { name: 'Go on reading' }).click();
  await app.accept('Use them as labels');
  await app.waitEmbedded('150');
  await expectWhole(page, Object.keys(files));
  expect(await storedCount(page, 'originals')).toBe(0);
  await expect(page.getByText('was cut off after')).toHaveCount(0);
  app.watch.assertClean();
});

test('a refused file that is put right, and a new one, come in when the folder is chosen again', async ({ page }) => {
  const app = await pick(page, { 'a/one.png': png(1), 'a/bad.png': png(2).subarray(0, 60) });
  await expect(app.rail('Data')).toContainText(/\b1 item$/);
  await expect(page.getByText('1 file could not be used')).toBeVisible();
  await putFiles(page, { 'a/bad.png': png(2), 'b/two.png': png(3) });
  await page.getByRole('button', { name: 'Choose a folder', exact: true }).click();
  await app.accept('Use them as labels');
  await app.waitEmbedded('3');
  await expectWhole(page, ['a/bad.png', 'a/one.png', 'b/two.png']);
  await expect(page.getByText('could not be used')).toHaveCount(0);
  app.watch.assertClean();
});
