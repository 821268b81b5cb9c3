import { expect, test, type Page } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { writeFolder } from './support/odd-files.ts';

async function textProject(page: Page, name: string): Promise<AppPage> {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject(name, 'Texts');
  return app;
}

/** A message in front of the user, whatever its tone. */
function message(page: Page, words: RegExp) {
  return page.getByRole('region', { name: 'Messages' }).getByText(words);
}

test('tables in odd dialects: UTF-16, semicolons, quotes over several lines, empty rows', async ({ page }, info) => {
  const app = await textProject(page, 'Dialects');
  const lines = [
    'nummer;frage;klasse',
    '1;"Wo ist ""meine"" Karte;\nbitte?";Karte',
    '2;Grüße aus Köln;Gruß',
    '3;;leer',
    '4;Grüße aus Köln;Gruß',
  ];
  const utf16 = Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(lines.join('\r\n'), 'utf16le')]);
  const file = info.outputPath('tabelle.csv');
  writeFolder(info.outputPath('.'), { 'tabelle.csv': utf16 });
  await page.getByTestId('files-input').setInputFiles(file);
  await expect(page.getByRole('cell', { name: 'Grüße aus Köln' }).first()).toBeVisible();
  await app.accept('Hide them as a reference');
  await app.waitEmbedded('2');
  await expect(page.locator('summary', { hasText: '1 file could not be used' })).toBeVisible();
  app.watch.assertClean();
});

test('one broken line of JSONL is listed, the others are read', async ({ page }, info) => {
  const app = await textProject(page, 'Lines');
  const file = info.outputPath('notes.jsonl');
  writeFolder(info.outputPath('.'), {
    'notes.jsonl': '{"text":"first","label":"a"}\n{"text": broken\n\n{"text":"second","label":"b"}\n[1,2]\n',
  });
  await page.getByTestId('files-input').setInputFiles(file);
  await app.accept('Hide them as a reference');
  await app.waitEmbedded('2');
  await page.locator('summary', { hasText: 'could not be used' }).click();
  await expect(page.getByRole('cell', { name: 'notes.jsonl#2' })).toBeVisible();
  app.watch.assertClean();
});

test('files without a text say so, and the next choice works', async ({ page }, info) => {
  const app = await textProject(page, 'Empty');
  const folder = info.outputPath('.');
  writeFolder(folder, {
    'zero.csv': '',
    'header.csv': 'text,label\n',
    'picture.csv': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 255, 254, 0, 0, 9, 9, 0, 0]),
    'good.txt': 'one line\nanother line\n\n',
  });
  for (const name of ['zero.csv', 'header.csv', 'picture.csv']) {
    await page.getByTestId('files-input').setInputFiles(info.outputPath(name));
    const accept = page.getByTestId('accept-offer');
    await expect(accept.or(message(page, /could not be read|nothing here/i)).first()).toBeVisible();
    if (await accept.isVisible()) {
      await accept.click();
      await expect(page.locator('summary', { hasText: 'could not be used' })).toBeVisible();
    }
  }
  await page.getByTestId('files-input').setInputFiles(info.outputPath('good.txt'));
  await app.accept('Ignore them');
  await app.waitEmbedded('2');
  app.watch.assertClean();
});

test('a 50 MB text is refused with its length and the tab goes on', async ({ page }, info) => {
  const app = await textProject(page, 'Large');
  const folder = info.outputPath('large');
  writeFolder(folder, {
    'book.txt': 'lorem ipsum dolor '.repeat(2_900_000),
    'note.txt': 'a short note',
    'sub/other.md': '# A heading\n\nand a paragraph',
    'void.txt': '',
  });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('2');
  await page.locator('summary', { hasText: '2 files could not be used' }).click();
  await expect(page.getByText(/This text has 52,200,000 characters/)).toBeVisible();
  await expect(page.getByText('This file is empty.')).toBeVisible();
  app.watch.assertClean();
});

test('a CSV with a 50 MB cell keeps its other rows', async ({ page }, info) => {
  const app = await textProject(page, 'Wide');
  writeFolder(info.outputPath('.'), {
    'wide.csv': `text\nshort\n"${'x y z '.repeat(8_700_000)}"\nlast\n`,
  });
  await page.getByTestId('files-input').setInputFiles(info.outputPath('wide.csv'));
  await app.accept('Ignore them');
  await app.waitEmbedded('2');
  await page.locator('summary', { hasText: '1 file could not be used' }).click();
  await expect(page.getByText(/characters; 2,000,000 are the most/)).toBeVisible();
  app.watch.assertClean();
});
