import { writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { BatchSelected } from '../../src/domain/events.ts';
import { AppPage } from './support/app-page.ts';
import { stored } from './support/stored.ts';

const TOPICS = {
  billing: ['invoice', 'refund', 'payment', 'charge', 'receipt'],
  delivery: ['parcel', 'courier', 'address', 'late', 'tracking'],
  burglary: ['stolen', 'police', 'broken lock', 'thief', 'alarm'],
} as const;
type Topic = keyof typeof TOPICS;
const COUNT = 600;
const EVERY_RARE = 20;

/** Six hundred short letters; one in twenty is about a burglary. */
function letters(): { text: string; topic: Topic }[] {
  return Array.from({ length: COUNT }, (_, i) => {
    const topic: Topic = i % EVERY_RARE === 0 ? 'burglary' : i % 2 === 0 ? 'billing' : 'delivery';
    const words = TOPICS[topic];
    const at = (k: number): string => words[(i + k * Math.floor(i / 7)) % words.length] ?? '';
    return { text: `Letter ${i}: about the ${at(1)}, please look at my ${at(2)} and the ${at(3)} today!`, topic };
  });
}

function csvOf(rows: readonly { text: string; topic: Topic }[]): string {
  return ['text,topic', ...rows.map((r) => `"${r.text}",${r.topic}`)].join('\n');
}

const batches = async (app: AppPage): Promise<BatchSelected[]> =>
  (await stored(app.page, 'events')).filter((e): e is BatchSelected => e.kind === 'batch-selected');

test('a start from rules on texts, then batches with a quota for a rare class', async ({ page }, testInfo) => {
  const rows = letters();
  const file = testInfo.outputPath('letters.csv');
  writeFileSync(file, csvOf(rows));
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Letters', 'Texts');
  await page.getByTestId('files-input').setInputFiles(file);
  await app.chooseEncoder('Built-in text encoder');
  await app.accept('Ignore them');
  await app.waitEmbedded(String(COUNT));

  await app.goTo('Classes');
  for (const name of Object.keys(TOPICS)) {
    await page.getByTestId('new-class').fill(name);
    await page.getByRole('button', { name: 'Add class' }).click();
    await expect(page.getByLabel(`Name of ${name}`, { exact: true })).toBeVisible();
  }
  await page.getByText('Rules for the first batch').click();
  const rules = page.getByTestId('rules');
  const add = async (topic: Topic, kind: 'Words' | 'Regular expression', text: string): Promise<void> => {
    await rules.getByLabel('Class').selectOption({ label: topic });
    await rules.getByLabel('Kind of rule').selectOption({ label: kind });
    await page.getByTestId('rule-text').fill(text);
    await rules.getByRole('button', { name: 'Add rule' }).click();
  };
  await add('billing', 'Regular expression', '(refund');
  await expect(rules.getByRole('alert')).toContainText('This is not a regular expression');
  await add('billing', 'Regular expression', '^(.+)+#$');
  await expect(rules.getByRole('alert')).toContainText('takes too long', { timeout: 20_000 });
  await rules.getByRole('button', { name: 'Remove the rule ^(.+)+#$' }).click();
  await add('billing', 'Words', 'invoice, refund*');
  await add('burglary', 'Regular expression', 'stolen|thief');
  const hit = (pattern: RegExp): number => rows.filter((r) => pattern.test(r.text)).length;
  await expect(rules).toContainText(`hits ${hit(/\b(invoice|refund)/)} of 600 texts`);
  await expect(rules).toContainText(`hits ${hit(/stolen|thief/)} of 600 texts`);

  await app.goTo('Data');
  await page.getByText('How items are picked').click();
  await expect(page.getByLabel('Before the first model')).toHaveValue('rule-start');
  await app.goTo('Label');
  await app.current();
  await expect.poll(async () => (await batches(app)).length).toBe(1);
  const items = await stored(page, 'items');
  const topicOf = (path: string): Topic => rows[Number(path.split('#').at(-1)) - 1]?.topic ?? 'billing';
  const pathOf = new Map(items.map((i) => [i.id as string, i.paths[0] ?? '']));
  const start = (await batches(app))[0];
  expect(start?.strategy).toBe('rule-start');
  // 20 places, none of them by chance yet: five for what no rule hits, the others in turn to the two classes with rules.
  const because = (name: string): number =>
    start?.picks.filter((p) => p.reason.includes(`rule of yours for ${name}`)).length ?? 0;
  expect(because('billing') + because('burglary')).toBe(15);
  expect(Math.min(because('billing'), because('burglary'))).toBe(7);
  expect(start?.picks.filter((p) => p.reason.startsWith('No rule hits it'))).toHaveLength(5);
  const rare = start?.picks.filter((p) => topicOf(pathOf.get(p.item) ?? '') === 'burglary').length ?? 0;
  expect(rare).toBeGreaterThanOrEqual(5);

  await app.goTo('Data');
  const settings = page.locator('details', { hasText: 'How items are picked' });
  if (!(await settings.getByLabel('Strategy').isVisible())) await page.getByText('How items are picked').click();
  await expect(settings.getByLabel('Leave out near-duplicates')).toBeChecked();
  // Two changes in one moment: neither undoes the other.
  await settings.evaluate((element) => {
    const boxes = [...element.querySelectorAll<HTMLInputElement>('input[type=checkbox]')];
    for (const box of boxes) box.click();
  });
  await expect(settings.getByLabel('Leave out near-duplicates')).not.toBeChecked();
  await expect(settings.getByLabel('Leave out far outliers')).toBeChecked();
  await settings.getByLabel('Leave out near-duplicates').check();
  await settings.getByLabel('Class to ask for in every batch').selectOption({ label: 'burglary' });
  await settings.getByRole('button', { name: 'Ask for it' }).click();
  await settings.getByLabel('At least').fill('9');
  await settings.getByLabel('At least').blur();
  await app.settled();
  await page.reload();
  await app.goTo('Data');
  await page.getByText('How items are picked').click();
  await expect(settings.getByLabel('At least')).toHaveValue('9');
  await expect(settings.getByLabel('Leave out far outliers')).toBeChecked();
  await expect(settings.getByLabel('Leave out near-duplicates')).toBeChecked();

  await app.goTo('Label');
  await app.current();
  const keys = await app.classKeys();
  await app.label(20, (path) => keys.get(topicOf(path)) ?? '');
  await expect.poll(async () => (await batches(app)).length, { timeout: 60_000 }).toBe(2);
  const second = (await batches(app))[1];
  expect(second?.strategy).toBe('uherding');
  expect(second?.picks).toHaveLength(18);
  const asked = second?.picks.filter((p) => p.reason.startsWith('Taken because you want at least 9 like burglary'));
  expect(asked?.length).toBeGreaterThan(0);
  testInfo.annotations.push({ type: 'quota', description: `${asked?.length} of 18 places by the quota` });
  await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', '1', { timeout: 60_000 });
  await app.label(20, (path) => keys.get(topicOf(path)) ?? '');
  app.watch.assertClean();
});

test('names that came with the data choose what comes first and stay guesses', async ({ page }, testInfo) => {
  const rows = letters();
  const file = testInfo.outputPath('letters.csv');
  writeFileSync(file, csvOf(rows));
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Letters with names', 'Texts');
  await page.getByTestId('files-input').setInputFiles(file);
  await app.chooseEncoder('Built-in text encoder');
  await app.accept('Use them to choose what comes first');
  await app.waitEmbedded(String(COUNT));
  await app.goTo('Classes');
  await page.getByTestId('add-suggested').click();
  await app.goTo('Label');
  await app.current();
  await expect.poll(async () => (await batches(app)).length).toBe(1);
  const start = (await batches(app))[0];
  expect(start?.strategy).toBe('hint-start');
  const places = Object.keys(TOPICS).map(
    (topic) => start?.picks.filter((p) => p.reason.startsWith(`The data calls it ${topic},`)).length ?? 0,
  );
  expect(places.reduce((a, b) => a + b, 0)).toBe(20);
  expect(Math.min(...places)).toBe(6);
  // No label came of them, and nothing offers them as the answers of a practice run.
  expect((await stored(page, 'events')).filter((e) => e.kind === 'label')).toEqual([]);
  await expect(page.getByTestId('answer-reference')).toHaveCount(0);

  const more = testInfo.outputPath('more.csv');
  const sure = Array.from({ length: 12 }, (_, i) => ({ text: `A sure one ${i}: invoice`, topic: 'billing' as const }));
  writeFileSync(more, csvOf(sure));
  await app.goTo('Data');
  await page.getByTestId('files-input').setInputFiles(more);
  await app.accept('Use them as labels');
  await app.waitEmbedded(String(COUNT + sure.length));
  const labelled = (await stored(page, 'events')).filter((e) => e.kind === 'label');
  expect(labelled).toHaveLength(sure.length);
  app.watch.assertClean();
});
