import { expect, test, type Locator, type Page } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { writeFolder } from './support/odd-files.ts';
import { importedPaths, refusals, stored } from './support/stored.ts';

const MEGABYTE = 1024 * 1024;
const messagesOf = (page: Page): Locator => page.getByRole('region', { name: 'Messages' });

async function newProject(page: Page): Promise<AppPage> {
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Odd texts', 'Texts');
  return app;
}

/** UTF-16 little-endian with its mark, as spreadsheets write it. */
const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');

test('tables without a text: each gets a sentence, and the next one works', async ({ page }, testInfo) => {
  const app = await newProject(page);
  const folder = writeFolder(testInfo.outputPath('t'), {
    'empty.csv': '',
    'header.csv': 'text,label\n',
    'one.csv': 'text,label\nThe pump is loud.,noise\n',
    'empty.jsonl': '',
    'broken.json': '[{"text": "a"',
  });
  const messages = messagesOf(page);
  const say = async (words: string): Promise<void> => {
    await expect(messages.getByRole('alert')).toHaveCount(1);
    await expect(messages).toContainText(words);
    await messages.getByRole('button', { name: /^Dismiss/ }).click();
    await expect(messages.getByRole('alert')).toHaveCount(0);
  };
  const choose = (name: string): Promise<void> => page.getByTestId('files-input').setInputFiles(`${folder}/${name}`);
  await choose('empty.csv');
  await say('empty.csv is empty.');
  await choose('empty.jsonl');
  await say('empty.jsonl is empty.');
  await choose('broken.json');
  await say('It is not complete JSON.');
  await choose('header.csv');
  await app.accept('Ignore them');
  await say('Nothing in header.csv could be used');
  expect(await refusals(page)).toEqual({ 'header.csv': 'This file has column names but no rows.' });
  await choose('one.csv');
  await app.accept('Use them as labels');
  await expect(app.rail('Data')).toContainText(/\b1 item$/);
  await expect(app.rail('Classes')).toContainText(/\b1 class$/);
  expect(await importedPaths(page)).toEqual(['one.csv#1']);
  await choose('one.csv');
  await app.accept('Ignore them');
  await expect(messages).toContainText('one.csv holds nothing new.');
  app.watch.assertClean();
});

test('a table that was read by the wrong column, or without its labels, can be read again', async ({
  page,
}, testInfo) => {
  const app = await newProject(page);
  const folder = writeFolder(testInfo.outputPath('t'), {
    'two.csv': 'question,answer,label\nWhere is it?,In the cellar.,place\nWhen was it?,At noon.,time\n',
  });
  const read = async (column: string, hints: 'Ignore them' | 'Use them as labels'): Promise<void> => {
    await page.getByTestId('files-input').setInputFiles(`${folder}/two.csv`);
    await page.getByLabel('Text to label').selectOption({ label: column });
    await app.accept(hints);
  };
  await read('answer', 'Ignore them');
  await app.waitEmbedded('2');
  await read('question', 'Ignore them');
  await app.waitEmbedded('4');
  await expect(app.rail('Classes')).toContainText('none yet');
  await read('question', 'Use them as labels');
  await expect(app.rail('Classes')).toContainText('2 classes');
  const hints = (await stored(page, 'items')).map((item) => item.hint);
  expect(hints).toEqual([null, null, 'place', 'time']);
  expect((await stored(page, 'texts')).length).toBe(4);
  app.watch.assertClean();
});

test('UTF-16 with semicolons, embedded newlines and an open quotation mark', async ({ page }, testInfo) => {
  const app = await newProject(page);
  const rows = ['Nr;Nachricht;Art', '1;"Guten Tag,\r\n""die Pumpe"" läuft; aber laut";Lärm', '2;Öl fehlt;Öl'];
  const file = 'spreadsheet.csv';
  const folder = writeFolder(testInfo.outputPath('t'), {
    [file]: utf16(`${rows.join('\r\n')}\r\n3;"nie geschlossen;Öl\r\n4;Wasser steht im Keller;Öl\r\n`),
  });
  await page.getByTestId('files-input').setInputFiles(`${folder}/${file}`);
  await page.getByLabel('Text to label').selectOption({ label: 'Nachricht' });
  await page.getByLabel('Label (optional)').selectOption({ label: 'Art' });
  await app.accept('Use them as labels');
  await app.waitEmbedded('3');
  expect((await stored(page, 'texts')).sort()).toEqual([
    'Guten Tag,\r\n"die Pumpe" läuft; aber laut',
    'Wasser steht im Keller',
    'Öl fehlt',
  ]);
  expect(await refusals(page)).toEqual({ [`${file}#3`]: 'A quotation mark in this row is never closed.' });
  expect(await importedPaths(page)).toEqual([`${file}#1`, `${file}#2`, `${file}#4`]);
  await expect(app.rail('Classes')).toContainText('2 classes');
  app.watch.assertClean();
});

test('a broken line of JSON Lines is listed by its number and the rest goes on', async ({ page }, testInfo) => {
  const app = await newProject(page);
  const folder = writeFolder(testInfo.outputPath('t'), {
    'log.jsonl': '{"text":"first"}\n{"text": broken\n\n[1,2]\n{"text":""}\n{"text":"last"}\n',
  });
  await page.getByTestId('files-input').setInputFiles(`${folder}/log.jsonl`);
  await app.accept('Ignore them');
  await app.waitEmbedded('2');
  expect(await importedPaths(page)).toEqual(['log.jsonl#1', 'log.jsonl#6']);
  expect(await refusals(page)).toEqual({
    'log.jsonl#2': 'This line is not a JSON object or text.',
    'log.jsonl#4': 'This entry is neither an object nor a text.',
    'log.jsonl#5': 'This text is empty.',
  });
  await page.getByText('3 files or rows could not be used').click();
  await expect(page.getByRole('row').filter({ hasText: 'log.jsonl#2' })).toBeVisible();
  app.watch.assertClean();
});

test('a folder of texts with empty, foreign, binary and unreadable tables among them', async ({ page }, testInfo) => {
  const app = await newProject(page);
  const folder = writeFolder(testInfo.outputPath('letters'), {
    'a.txt': 'First letter,\n\nwith two paragraphs.',
    'b.txt': '',
    'c.txt': ' \n\n ',
    'd.txt': 'Second letter.',
    'copy of d.txt': 'Second letter.',
    'é/Ünï 写真.md': '# Third letter',
    'noise.txt': Buffer.from([1, 0, 2, 0, 0, 0, 9, 9]),
    'picture.png': 'no text',
    'aaa.csv': '',
    'table.csv': 'text\nA row of a table.\n',
  });
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('4');
  const reasons = await refusals(page);
  expect(Object.keys(reasons).sort()).toEqual(['aaa.csv', 'b.txt', 'c.txt', 'noise.txt', 'picture.png']);
  expect(reasons['b.txt']).toBe('This file is empty.');
  expect(reasons['noise.txt']).toContain('bytes that are no text');
  expect(reasons['picture.png']).toContain('none of the known endings');
  for (const reason of Object.values(reasons)) expect(reason).toMatch(/^[A-Z].*\.$/s);
  expect(await stored(page, 'texts')).toContain('First letter,\n\nwith two paragraphs.');
  const twice = (await stored(page, 'items')).find((item) => item.paths.length > 1);
  expect([...(twice?.paths ?? [])].sort()).toEqual(['copy of d.txt', 'd.txt']);
  app.watch.assertClean();
});

test('50 MB in one text and in one cell are refused with a reason; the tab survives', async ({ page }, testInfo) => {
  const app = await newProject(page);
  const huge = Buffer.alloc(50 * MEGABYTE, 'All work and no play. ');
  const folder = writeFolder(testInfo.outputPath('big'), {
    'huge.txt': huge,
    'small.txt': 'A short text.',
    'cell.csv': Buffer.concat([Buffer.from('text\n"'), huge, Buffer.from('"\nA row after it.\n')]),
  });
  const started = Date.now();
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.accept('Ignore them');
  await app.waitEmbedded('2', 60_000);
  testInfo.annotations.push({ type: '100 MB', description: `${Date.now() - started} ms` });
  expect(await importedPaths(page)).toEqual(['cell.csv#2', 'small.txt']);
  const reasons = await refusals(page);
  expect(Object.keys(reasons).sort()).toEqual(['cell.csv#1', 'huge.txt']);
  for (const reason of Object.values(reasons)) expect(reason).toContain('2,000,000 are the most');

  await page.getByTestId('files-input').setInputFiles(`${folder}/huge.txt`);
  await app.accept('Ignore them');
  await expect(messagesOf(page)).toContainText('Nothing in huge.txt could be used');
  expect(Object.keys(await refusals(page))).toContain('huge.txt#1');
  app.watch.assertClean();
});
