import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { projectId } from '../../src/domain/ids.ts';
import { writeBundle } from '../../src/loop/pack-project.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';
import { storeProject } from '../fixtures/bundle-project.ts';
import { AppPage } from './support/app-page.ts';
import { png, writeFolder } from './support/odd-files.ts';
import { stored, storedCount, untilStored } from './support/stored.ts';

const FIXTURE = 'tests/fixtures/bundle-format-1.zip';
const list = (page: Page) => page.getByRole('region', { name: 'Your projects' }).getByRole('listitem');

/** The frozen bundle with a manifest that has been edited. */
function withManifest(edit: (manifest: Record<string, unknown>) => void): Uint8Array {
  const files = unzipSync(new Uint8Array(readFileSync(FIXTURE)));
  const manifest = JSON.parse(strFromU8(files['manifest.json'] ?? new Uint8Array())) as Record<string, unknown>;
  edit(manifest);
  return zipSync({ ...files, 'manifest.json': strToU8(JSON.stringify(manifest)) });
}

/** A project file of `size` texts. */
async function largeBundle(size: number): Promise<Buffer> {
  const storage = new MemoryStorage();
  const id = projectId('large');
  await storeProject(storage, id, 'text', size);
  const blob = await writeBundle(storage, id, false, () => undefined);
  return Buffer.from(await blob.arrayBuffer());
}

async function withOneProject(page: Page, folder: string): Promise<AppPage> {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Mine', 'Images');
  await page.getByTestId('folder-input').setInputFiles(writeFolder(folder, { 'a.png': png(1), 'b.png': png(2) }));
  await app.accept('Ignore them');
  await app.waitEmbedded('2');
  await page.getByRole('link', { name: 'Winnow, all projects' }).click();
  await expect(list(page)).toHaveCount(1);
  return app;
}

test('files that are no project, or a newer one, get a sentence and change nothing', async ({ page }, testInfo) => {
  const app = await withOneProject(page, testInfo.outputPath('pictures'));
  const bytes = readFileSync(FIXTURE);
  const flipped = Uint8Array.from(bytes);
  flipped[Math.floor(bytes.length / 2)] = (flipped[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
  const corrupt = 'This file is not a complete Winnow project.';
  const cases: [string, Uint8Array, string][] = [
    ['empty.zip', new Uint8Array(), corrupt],
    ['random.zip', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255), corrupt],
    ['cut.zip', bytes.subarray(0, bytes.length / 2), corrupt],
    ['flipped.zip', flipped, corrupt],
    ['other.zip', zipSync({ 'holiday.txt': strToU8('sun') }), corrupt],
    ['newer.zip', withManifest((m) => (m['version'] = 3)), 'was written by a newer version of Winnow.'],
    ['lacking.zip', withManifest((m) => (m['files'] = {})), corrupt],
  ];
  const events = await stored(page, 'events');
  const messages = page.getByRole('region', { name: 'Messages' });
  for (const [name, buffer, words] of cases) {
    await page
      .getByTestId('bundle-input')
      .setInputFiles({ name, mimeType: 'application/zip', buffer: Buffer.from(buffer) });
    await expect(messages.getByRole('alert'), name).toContainText(words);
    await expect(messages.getByRole('alert'), name).toContainText('Nothing was imported and nothing was changed.');
    await messages.getByRole('button', { name: /^Dismiss/ }).click();
    await expect(messages.getByRole('alert')).toHaveCount(0);
  }
  await expect(list(page)).toHaveCount(1);
  expect(await stored(page, 'events')).toEqual(events);
  expect(await storedCount(page, 'items')).toBe(2);
  await page.getByTestId('bundle-input').setInputFiles(FIXTURE);
  await expect(page.getByRole('navigation')).toBeVisible();
  await page.getByRole('link', { name: 'Winnow, all projects' }).click();
  await expect(list(page)).toHaveCount(2);
  app.watch.assertClean();
});

test('a tab that is closed while it opens a project file leaves nothing behind; a cancel neither', async ({
  page,
  context,
}, testInfo) => {
  const app = await withOneProject(page, testInfo.outputPath('pictures'));
  const before = await stored(page, 'events');
  const buffer = await largeBundle(12_000);
  const choose = (on: Page): Promise<void> =>
    on.getByTestId('bundle-input').setInputFiles({ name: 'large.zip', mimeType: 'application/zip', buffer });
  await choose(page);
  await untilStored(page, 'items', 200);
  await page.getByRole('button', { name: 'Cancel Opening the project file' }).click();
  await expect(page.getByRole('region', { name: 'Running work' })).toHaveCount(0);
  await expect.poll(() => storedCount(page, 'items')).toBe(2);
  await expect(list(page)).toHaveCount(1);

  await choose(page);
  await untilStored(page, 'items', 200);
  app.watch.assertClean();
  await page.close();

  const next = await context.newPage();
  const again = new AppPage(next);
  await again.openHome();
  await expect(list(next)).toHaveCount(1);
  expect(await storedCount(next, 'items')).toBe(2);
  expect(await storedCount(next, 'texts')).toBe(0);
  expect(await stored(next, 'events')).toEqual(before);
  await list(next).getByRole('button', { name: /Mine/ }).first().click();
  await expect(again.rail('Data')).toContainText('2 items');
  again.watch.assertClean();
});
