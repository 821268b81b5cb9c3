import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { AppPage } from './support/app-page.ts';
import { png, writeFolder } from './support/odd-files.ts';

const FROZEN = resolve('tests/fixtures/bundle-format-1.zip');

/** Distinct small pictures. */
function pictures(count: number): Record<string, Buffer> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${i % 2 ? 'odd' : 'even'}/${i}.png`,
      png(8 + (i % 5), 8, [i, 255 - i, 77]),
    ]),
  );
}

async function itemCount(page: Page): Promise<number> {
  const text = await page.getByRole('navigation').getByRole('button', { name: /^Data/ }).textContent();
  return Number(/([\d,]+) items?/.exec(text ?? '')?.[1]?.replace(',', '') ?? 0);
}

test('project files that cannot be opened say why and leave everything alone', async ({ page }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  await page.getByTestId('bundle-input').setInputFiles(FROZEN);
  await expect(page.getByRole('navigation')).toBeVisible();
  await page.getByRole('link', { name: 'Winnow, all projects' }).click();
  const list = page.getByRole('region', { name: 'Your projects' }).getByRole('listitem');
  await expect(list).toHaveCount(1);
  const members = unzipSync(new Uint8Array(readFileSync(FROZEN)));
  const manifest = JSON.parse(strFromU8(members['manifest.json'] ?? new Uint8Array())) as Record<string, unknown>;
  const newer = zipSync({ ...members, 'manifest.json': strToU8(JSON.stringify({ ...manifest, version: 99 })) });
  const name = Object.keys(members).find((key) => key !== 'manifest.json') ?? '';
  const damaged = zipSync({ ...members, [name]: strToU8('not what the manifest says') });
  const whole = readFileSync(FROZEN);
  writeFolder(info.outputPath('.'), {
    'newer.zip': newer,
    'damaged.zip': damaged,
    'cut.zip': whole.subarray(0, whole.length >> 1),
    'text.zip': 'this is no archive',
    'empty.zip': '',
    'other.zip': zipSync({ 'hello.txt': strToU8('hello') }),
  });
  const cases = [
    ['newer.zip', /newer version of Winnow/],
    ['damaged.zip', /not a complete Winnow project/],
    ['cut.zip', /not a complete Winnow project/],
    ['text.zip', /not a complete Winnow project/],
    ['empty.zip', /not a complete Winnow project/],
    ['other.zip', /not a complete Winnow project/],
  ] as const;
  for (const [file, words] of cases) {
    await page.getByTestId('bundle-input').setInputFiles(info.outputPath(file));
    const said = page.getByRole('region', { name: 'Messages' }).getByText(words);
    await expect(said).toBeVisible();
    await page
      .getByRole('button', { name: /^Dismiss/ })
      .first()
      .click();
    await expect(said).toHaveCount(0);
    await expect(list).toHaveCount(1);
  }
  app.watch.assertClean();
});

for (const [how, script] of [
  ['throws', `indexedDB.open = () => { throw new DOMException('refused', 'SecurityError'); };`],
  ['is not there', `Object.defineProperty(globalThis, 'indexedDB', { value: undefined });`],
] as const) {
  test(`storage refused (it ${how}): a clear sentence, nothing pretended`, async ({ page }) => {
    const app = new AppPage(page);
    await page.addInitScript(script);
    await page.goto('/');
    await expect(page.getByText('This browser does not let Winnow store anything.')).toBeVisible();
    await expect(page.getByText(/Leave private browsing or allow site data/)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Create project' })).toHaveCount(0);
    app.watch.assertClean();
  });
}

test('storage full in the middle of an import: what is stored stays, and it goes on when there is room', async ({
  page,
}, info) => {
  const app = new AppPage(page);
  // Every write of items after the first 60 fails as a full disk does, until `door.room` is set.
  await page.addInitScript(() => {
    const door = globalThis as unknown as { room: boolean; written: number };
    door.room = false;
    door.written = 0;
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...args: [unknown, IDBValidKey?]) {
      if (this.name === 'items' && !door.room && ++door.written > 60) {
        this.transaction.abort();
        throw new DOMException('The disk is full.', 'QuotaExceededError');
      }
      return put.apply(this, args);
    };
  });
  await app.openHome();
  await app.createProject('Full', 'Images');
  const folder = info.outputPath('many');
  writeFolder(folder, pictures(120));
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await expect(page.getByText('The storage of this browser is full.')).toBeVisible();
  await app.waitEmbedded('48');
  await page.evaluate(() => ((globalThis as unknown as { room: boolean }).room = true));
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('120');
  app.watch.assertClean();
});

test('a reload in the middle of an import loses nothing and doubles nothing', async ({ page }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Resumed', 'Images');
  const folder = info.outputPath('many');
  writeFolder(folder, pictures(250));
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await page.waitForFunction(() => /\d+ of 250/.test(document.body.textContent));
  await page.reload();
  await expect(page.getByRole('navigation')).toBeVisible();
  const before = await itemCount(page);
  expect(before % 48 === 0 || before === 250).toBe(true);
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('250');
  app.watch.assertClean();
});

test('a cancelled import keeps what was read and can go on', async ({ page }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Cancelled', 'Images');
  const folder = info.outputPath('many');
  writeFolder(folder, pictures(250));
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await page
    .getByRole('button', { name: /Cancel/ })
    .first()
    .click();
  await expect(page.getByTestId('folder-input')).toBeEnabled({ timeout: 20_000 });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('250');
  app.watch.assertClean();
});

test('the second tab of a project can look, not change, until it takes over', async ({ page, context }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Two tabs', 'Images');
  const folder = info.outputPath('few');
  writeFolder(folder, pictures(30));
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('30');
  await app.goTo('Classes');
  for (const name of ['left', 'right']) {
    await page.getByTestId('new-class').fill(name);
    await page.keyboard.press('Enter');
  }
  await app.goTo('Label');
  await app.label(2, () => '1');
  const second = new AppPage(await context.newPage());
  await second.page.goto(page.url());
  await expect(second.page.getByText('This project is open in another tab.')).toBeVisible();
  await app.label(1, () => '2');
  await second.page.getByRole('button', { name: 'Work here' }).click();
  await expect(page.getByText('This project is open in another tab.')).toBeVisible();
  await second.label(1, () => '1');
  await expect(second.page.getByText(/4 of 30 labelled/).first()).toBeVisible();
  app.watch.assertClean();
  second.watch.assertClean();
});

test('a chosen folder stays connected over a reload', async ({ page }) => {
  const app = new AppPage(page);
  await app.openHome();
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('Photos', { create: true });
    for (const [name, colour] of [
      ['a', 'red'],
      ['b', 'green'],
      ['c', 'blue'],
    ] as const) {
      const canvas = new OffscreenCanvas(400, 300);
      const context = canvas.getContext('2d');
      if (context) {
        context.fillStyle = colour;
        context.fillRect(0, 0, 400, 300);
      }
      const sub = await folder.getDirectoryHandle(name, { create: true });
      const file = await sub.getFileHandle('one.png', { create: true });
      const stream = await file.createWritable();
      await stream.write(await canvas.convertToBlob());
      await stream.close();
    }
    const door = globalThis as unknown as { showDirectoryPicker: () => Promise<unknown> };
    door.showDirectoryPicker = () => Promise.resolve(folder);
  });
  await app.createProject('Handle', 'Images');
  await page.getByRole('button', { name: 'Choose a folder', exact: true }).click();
  await app.accept('Hide them as a reference');
  await app.waitEmbedded('3');
  expect(await originalsStored(page)).toBe(0);
  await page.reload();
  await app.goTo('Classes');
  await page.getByTestId('add-suggested').click();
  await app.goTo('Label');
  await app.current();
  const picture = page.getByTestId('current-item').locator('img').first();
  // The original, not its 256-pixel thumbnail, comes through the kept handle.
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(400);
  app.watch.assertClean();
});

function originalsStored(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const open = indexedDB.open('winnow');
        open.onsuccess = () => {
          const count = open.result.transaction('originals').objectStore('originals').count();
          count.onsuccess = () => {
            open.result.close();
            resolve(count.result);
          };
          count.onerror = () => reject(count.error ?? new Error('no count'));
        };
        open.onerror = () => reject(open.error ?? new Error('no database'));
      }),
  );
}
