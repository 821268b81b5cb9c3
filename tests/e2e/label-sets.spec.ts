import { readFileSync } from 'node:fs';
import { expect, test, type Page, type TestInfo } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import Papa from 'papaparse';
import { seededRandom } from '../../src/domain/random.ts';
import { AppPage } from './support/app-page.ts';

const TOPICS: Record<string, string> = {
  billing: 'invoice refund charge payment receipt card amount billed twice subscription price cancel account total fee',
  delivery: 'parcel courier late address door shipped tracking box driver depot arrived missing neighbour label weight',
  fault: 'screen broken crash button noise battery overheats error restart cable sensor loose motor leaks blinking',
};
const FILLER = 'please yesterday since hello again team today still week kindly note thanks morning we our about after';
const NAMES = Object.keys(TOPICS);

/** Messages that speak of none, one or several topics; the words of each topic are its own. */
function messages(count: number): { text: string; topics: string[] }[] {
  const random = seededRandom(8);
  const some = (words: string, n: number): string[] =>
    Array.from({ length: n }, () => words.split(' ')[random.below(words.split(' ').length)] ?? '');
  return Array.from({ length: count }, (_, i) => {
    const topics = NAMES.filter((_name, t) => ((i % 8) >> t) % 2 === 1);
    const words = [...some(FILLER, 6), ...topics.flatMap((name) => some(TOPICS[name] ?? '', 6))];
    return { text: [...random.shuffle(Int32Array.from(words.keys()))].map((k) => words[k]).join(' '), topics };
  });
}
const rows = messages(320);
const csvOf = (list: typeof rows): Buffer =>
  Buffer.from(Papa.unparse(list.map(({ text, topics }) => ({ text, topics: topics.join(';') }))));
const rowOf = (path: string) => rows[Number(path.split('#').at(-1)) - 1] ?? { text: '', topics: [] };

/** Ticks the classes of the shown item by key and confirms; waits for the next item. */
async function labelItems(app: AppPage, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { id, path } = await app.current();
    for (const name of rowOf(path).topics) await app.page.keyboard.press(String(NAMES.indexOf(name) + 1));
    const names = NAMES.filter((name) => rowOf(path).topics.includes(name)).join(', ') || 'none of these';
    await expect(app.page.getByTestId('confirm')).toContainText(`Confirm: ${names}`);
    await app.page.keyboard.press('Enter');
    await expect(app.item).not.toHaveAttribute('data-item-id', id);
  }
}

async function start(page: Page, hints: 'Ignore them' | 'Use them as labels'): Promise<AppPage> {
  const app = new AppPage(page);
  await app.openHome();
  await page.getByText('Any number of classes').click();
  await app.createProject('Messages', 'Texts');
  await page
    .getByTestId('files-input')
    .setInputFiles({ name: 'messages.csv', mimeType: 'text/csv', buffer: csvOf(rows) });
  await app.accept(hints);
  await app.waitEmbedded('320');
  return app;
}

const parse = (path: string): Record<string, string>[] =>
  Papa.parse<Record<string, string>>(readFileSync(path, 'utf8'), { header: true, skipEmptyLines: true }).data;
const save = (app: AppPage, testInfo: TestInfo, id: string): Promise<string> =>
  app.download(testInfo, () => app.page.getByTestId(id).click());

test('several classes per item: label, train, evaluate, export, open elsewhere', async ({ page }, testInfo) => {
  const app = await start(page, 'Ignore them');
  await app.goTo('Classes');
  for (const name of NAMES) {
    await page.getByTestId('new-class').fill(name);
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('new-class')).toHaveValue('');
  }
  await app.goTo('Label');
  await app.current();
  await page.keyboard.press('t');
  await app.current();
  await expect(page.getByText('labelled blind').first()).toBeVisible();
  await labelItems(app, 40);
  await page.keyboard.press('t');
  await labelItems(app, 20);
  const version = page.getByTestId('model-version');
  await expect(version).toHaveAttribute('data-version', '1', { timeout: 60_000 });
  await labelItems(app, 20);
  await expect(version).toHaveAttribute('data-version', '2', { timeout: 60_000 });

  // What the model suggests is taken with Shift and Enter, undo brings the item back with what it had.
  const accept = page.getByRole('button', { name: /^Accept/ });
  await expect(accept).toBeVisible({ timeout: 30_000 });
  const { id } = await app.current();
  const suggested = ((await accept.textContent()) ?? '').replace(/^\s*Accept /, '').replace(/\s*shift enter\s*$/, '');
  await page.keyboard.press('Shift+Enter');
  await expect(app.item).not.toHaveAttribute('data-item-id', id);
  const lastTen = page.getByRole('region', { name: 'Last ten' });
  await expect(lastTen.getByRole('button').first()).toContainText(suggested);
  await page.keyboard.press('u');
  await expect(app.item).toHaveAttribute('data-item-id', id);
  await page.keyboard.press('1');
  const button = page.getByRole('group', { name: 'Classes' }).getByRole('button', { name: /billing/ });
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('1');
  await expect(button).toHaveAttribute('aria-pressed', 'false');

  await app.goTo('Evaluate');
  const { n } = await app.accuracy();
  expect(n).toBe(40);
  const macro = Number(await page.getByTestId('macro-f1').getAttribute('data-value'));
  expect(macro).toBeGreaterThan(0.7);
  testInfo.annotations.push({ type: 'macro-F1', description: `${macro} on ${n} items after 40 labels` });
  await expect(page.getByTestId('hamming-loss')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What is taken for what' })).toHaveCount(0);
  await expect(page.getByRole('columnheader', { name: 'Wrongly given' })).toBeVisible();
  await expect(page.getByTestId('label-efficiency')).toContainText(/all classes right in|saved|random/, {
    timeout: 90_000,
  });

  await app.goTo('Classes');
  await expect(page.getByTestId('task-fixed')).toContainText('can’t change any more');

  await app.goTo('Export');
  const labels = parse(await save(app, testInfo, 'export-labels-csv'));
  expect(labels).toHaveLength(80);
  for (const row of labels) {
    const { topics } = rowOf(row['path'] ?? '');
    expect(row['classes']).toBe(topics.join('|'));
    expect(NAMES.map((name) => row[`is(${name})`])).toEqual(NAMES.map((name) => (topics.includes(name) ? '1' : '0')));
  }
  const lines = readFileSync(await save(app, testInfo, 'export-labels-jsonl'), 'utf8')
    .trim()
    .split('\n');
  const first = JSON.parse(lines[0] ?? '') as { path: string; classes: string[] };
  expect(first.classes).toEqual(rowOf(first.path).topics);
  const predictions = parse(await save(app, testInfo, 'export-predictions-csv'));
  expect(predictions).toHaveLength(320);
  expect(
    predictions.filter((p) => p['predictions'] === rowOf(p['path'] ?? '').topics.join('|')).length,
  ).toBeGreaterThan(190);
  const zip = await save(app, testInfo, 'save-project');
  expect(strFromU8(unzipSync(readFileSync(zip))['events.jsonl'] ?? new Uint8Array())).toContain('"task":"multi"');

  await page.reload();
  await expect(app.rail('Label')).toContainText('80 labelled', { timeout: 30_000 });
  await page.goto('/');
  await page.getByTestId('bundle-input').setInputFiles(zip);
  await expect(app.rail('Label')).toContainText('80 labelled', { timeout: 60_000 });
  await app.goTo('Evaluate');
  await expect(page.getByTestId('macro-f1')).toHaveAttribute('data-value', String(macro), { timeout: 60_000 });
  app.watch.assertClean();
});

test('a column with several values becomes labels with several classes', async ({ page }, testInfo) => {
  const app = await start(page, 'Use them as labels');
  await expect(app.rail('Classes')).toContainText('3 classes');
  await app.goTo('Export');
  const labels = parse(await save(app, testInfo, 'export-labels-csv'));
  const named = rows.filter((row) => row.topics.length > 0);
  expect(labels).toHaveLength(named.length);
  for (const row of labels) {
    const found = (row['classes'] ?? '').split('|').sort();
    expect(found).toEqual([...rowOf(row['path'] ?? '').topics].sort());
  }
  app.watch.assertClean();
});
