import { expect, test, type Page } from '@playwright/test';
import { AppPage, Watch } from './support/app-page.ts';
import { bmp, writeFolder } from './support/odd-files.ts';
import { expectWhole, storedCount } from './support/stored.ts';

const messagesOf = (page: Page) => page.getByRole('region', { name: 'Messages' });

for (const [name, script] of [
  [
    'throws',
    `IDBFactory.prototype.open = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };`,
  ],
  ['is not there', `Object.defineProperty(globalThis, 'indexedDB', { value: undefined });`],
] as const) {
  test(`a browser whose IndexedDB ${name} says that nothing could be kept`, async ({ page }) => {
    const watch = new Watch(page);
    await page.addInitScript(script);
    await page.goto('/');
    const alert = messagesOf(page).getByRole('alert');
    await expect(alert).toContainText('This browser does not let Winnow store anything.');
    await expect(alert).toContainText('Leave private browsing or allow site data for this address, then reload.');
    await expect(page.getByText('Opening your projects')).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Create project' })).toHaveCount(0);
    watch.assertClean();
  });
}

/** 150 pictures of about 30 KB. */
function pictures(folder: string): { folder: string; paths: string[] } {
  const files = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`p${1000 + i}.bmp`, bmp(i, 100, 100)]));
  return { folder: writeFolder(folder, files), paths: Object.keys(files) };
}

/** The import stops with a message, keeps what it stored, and goes on to the end after `free`. */
async function fillAndFree(app: AppPage, folder: string, paths: string[], free: () => Promise<unknown>): Promise<void> {
  const { page } = app;
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  const alert = messagesOf(page).getByRole('alert');
  await expect(alert).toContainText('The storage of this browser is full.', { timeout: 30_000 });
  await expect(alert).toContainText('What was saved before is still there');
  await expect(page.getByRole('region', { name: 'Running work' })).toHaveCount(0);
  await expect(page.getByText(/^Warning|was cut off after/).first()).toBeVisible();
  const kept = await storedCount(page, 'items');
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(paths.length);
  expect(await storedCount(page, 'originals')).toBe(kept);
  expect(await storedCount(page, 'thumbs')).toBe(kept);

  await free();
  await page.reload();
  await expect(page.getByText(`was cut off after ${kept} of ${paths.length} files`)).toBeVisible();
  expect(await storedCount(page, 'items')).toBe(kept);
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded(String(paths.length));
  await expectWhole(page, paths);
  expect(await storedCount(page, 'originals')).toBe(paths.length);
  await expect(page.getByText('was cut off after')).toHaveCount(0);
  await expect(messagesOf(page).getByRole('alert')).toHaveCount(0);
}

test('a full disk while importing, by the browser’s own quota', async ({ page, context }, testInfo) => {
  const app = new AppPage(page);
  const { folder, paths } = pictures(testInfo.outputPath('pictures'));
  // Before the first write: the browser remembers for half a minute how much room there was.
  const client = await context.newCDPSession(page);
  const origin = testInfo.project.use.baseURL ?? '';
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 3_500_000 });
  await app.openHome();
  await app.createProject('Full', 'Images');
  await fillAndFree(app, folder, paths, () => client.send('Storage.overrideQuotaForOrigin', { origin }));
  app.watch.assertClean();
});

test('a full disk while importing, at the first write of a later batch', async ({ page }, testInfo) => {
  const app = new AppPage(page);
  await page.addInitScript(() => {
    // Full from the 60th picture on, until the page is loaded again with room.
    const put = Reflect.get(IDBObjectStore.prototype, 'put') as IDBObjectStore['put'];
    let count = 0;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...args: Parameters<IDBObjectStore['put']>) {
      if (this.name === 'originals' && ++count > 60 && sessionStorage.getItem('room') === null) {
        throw new DOMException('There is no room.', 'QuotaExceededError');
      }
      return Reflect.apply(put, this, args);
    };
  });
  await app.openHome();
  await app.createProject('Full', 'Images');
  const { folder, paths } = pictures(testInfo.outputPath('pictures'));
  await fillAndFree(app, folder, paths, () => page.evaluate(() => sessionStorage.setItem('room', 'yes')));
  app.watch.assertClean();
});
