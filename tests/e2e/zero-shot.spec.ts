import { expect, test } from '@playwright/test';
import type { BatchSelected } from '../../src/domain/events.ts';
import { expectAccessible } from './support/accessibility.ts';
import { AppPage } from './support/app-page.ts';
import { bankingSubset, hasData, hasModels } from './support/data.ts';
import { stored } from './support/stored.ts';

test('a start from class names alone, guesses that nothing accepts, and a search by meaning', async ({
  page,
}, testInfo) => {
  test.skip(!hasData || !hasModels, 'the shared data and models are not here');
  const file = testInfo.outputPath('questions.csv');
  const rows = bankingSubset(file, 5);
  const names = [...new Set(rows.map((r) => r.label))];
  const rowOf = (path: string): (typeof rows)[number] | undefined => rows[Number(path.split('#').at(-1)) - 1];
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('By name', 'Texts');
  await page.getByTestId('files-input').setInputFiles(file);
  await app.chooseEncoder('potion-base-2M');
  await app.accept('Ignore them');
  await app.waitEmbedded(new Set(rows.map((row) => row.text)).size.toLocaleString('en'));

  // Searching needs no class and no label; opening what is found needs classes.
  const search = page.getByTestId('item-search');
  await page.getByTestId('search-words').fill('my new card was thrown away by the cash machine');
  await page.keyboard.press('Enter');
  await expect(search.getByRole('listitem').first()).toBeVisible({ timeout: 60_000 });
  await expect(search.getByRole('listitem')).toHaveCount(60);
  await expect(search.getByTestId('results').getByRole('button').first()).toBeDisabled();
  await expect(search).toContainText('Name your classes first');
  await page.getByTestId('search-words').press('Escape');
  await expect(search.getByTestId('results')).toHaveCount(0);
  await search.getByText('By letters').click();
  await page.getByTestId('search-words').fill('zzzz nothing says this');
  await page.keyboard.press('Enter');
  await expect(search.getByTestId('no-results')).toBeVisible();
  await page.getByTestId('search-words').fill('apple pay');
  await page.keyboard.press('Enter');
  const apple = new Set(rows.filter((r) => r.text.toLowerCase().includes('apple pay')).map((r) => r.text)).size;
  await expect(search).toContainText(`${apple} texts with “apple pay”`);
  await expectAccessible(page, '[data-testid="item-search"]');

  await app.goTo('Classes');
  for (const name of names) {
    await page.getByTestId('new-class').fill(name);
    await page.getByRole('button', { name: 'Add class' }).click();
    await expect(page.getByLabel(`Name of ${name}`, { exact: true })).toBeVisible();
  }
  await app.goTo('Data');
  await page.getByText('How items are picked').click();
  await page.getByLabel('Before the first model').selectOption({ label: 'Spread over class names' });
  await app.goTo('Label');
  await app.current();
  const batches = async (): Promise<BatchSelected[]> =>
    (await stored(page, 'events')).filter((e): e is BatchSelected => e.kind === 'batch-selected');
  await expect.poll(async () => (await batches()).length, { timeout: 60_000 }).toBe(1);
  const start = (await batches())[0];
  expect(start?.strategy).toBe('zero-shot-start');
  const pathOf = new Map((await stored(page, 'items')).map((i) => [i.id as string, i.paths[0] ?? '']));
  let right = 0;
  for (const name of names) {
    const own = start?.picks.filter((p) => p.reason === `Closest to your words for ${name}.`) ?? [];
    expect(own.length).toBeGreaterThanOrEqual(2);
    right += own.filter((p) => rowOf(pathOf.get(p.item) ?? '')?.label === name).length;
  }
  // Thirteen places of the eighteen beside the random share.
  testInfo.annotations.push({ type: 'right by name', description: `${right} of 13` });
  expect(right).toBeGreaterThanOrEqual(9);
  expect(start?.picks.filter((p) => p.reason.startsWith('Not among'))).toHaveLength(5);

  // Guesses are hidden until they are asked for, and no key accepts them.
  const guesses = page.getByTestId('by-name');
  await expect(guesses.getByRole('listitem')).toHaveCount(0);
  await guesses.getByRole('button', { name: 'Show guesses by name' }).click();
  await expect(guesses.getByRole('listitem')).toHaveCount(3);
  await expectAccessible(page, '[data-testid="by-name"]');
  const { id } = await app.current();
  await page.locator('h1').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Enter');
  expect((await app.current()).id).toBe(id);
  expect((await stored(page, 'events')).filter((e) => e.kind === 'label')).toEqual([]);
  await page.keyboard.press('t');
  await expect(page.getByText('Test item: labelled blind').first()).toBeVisible();
  await expect(guesses).toHaveCount(0);
  await page.keyboard.press('t');

  // From here a search opens an item, and its label says where it came from.
  await page.getByRole('button', { name: 'Search the items' }).click();
  const dialog = page.getByRole('dialog', { name: 'Search the items' });
  if (await dialog.getByTestId('results').isVisible())
    await dialog.getByRole('button', { name: 'Clear the search' }).click();
  await dialog.getByText('By meaning').click();
  await dialog.getByTestId('search-words').fill('how old must my child be to open an account');
  await page.keyboard.press('Enter');
  await expect(dialog.getByTestId('results')).toBeVisible({ timeout: 60_000 });
  const test_ = new Set(
    (await stored(page, 'events')).flatMap((e) => (e.kind === 'split-drawn' ? [...e.test, ...e.excluded] : [])),
  );
  const texts = await dialog.getByTestId('results').locator('.item').allInnerTexts();
  expect(texts).toHaveLength(60);
  const hidden = new Set(
    [...test_].map((item) =>
      rowOf(pathOf.get(item) ?? '')
        ?.text.replace(/\s+/g, ' ')
        .trim(),
    ),
  );
  expect(texts.filter((text) => hidden.has(text.trim()))).toEqual([]);
  const label = (text: string | undefined): string =>
    rows.find((r) => r.text.replace(/\s+/g, ' ').trim() === text?.trim())?.label ?? '';
  expect(texts.slice(0, 10).filter((text) => label(text) === 'age_limit').length).toBeGreaterThanOrEqual(8);
  await expectAccessible(page, 'dialog');
  await dialog.getByTestId('results').locator('.item').nth(3).focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('You looked it up yourself.')).toBeVisible();
  const found = await app.current();
  expect(test_.has(found.id as never)).toBe(false);
  const keys = await app.classKeys();
  await page.keyboard.press(keys.get('age_limit') ?? '');
  await expect
    .poll(async () => (await stored(page, 'events')).filter((e) => e.kind === 'label'))
    .toMatchObject([{ item: found.id, strategy: 'search', round: null, suggestion: null }]);

  // An item of the list opens too, but no test item; a button leads back to the queue.
  await app.goTo('Data');
  const list = page.getByRole('region', { name: 'Items' });
  const [tested] = [...test_];
  const textOf = (id: string | undefined): string => rowOf(pathOf.get(id ?? '') ?? '')?.text ?? '';
  await list.getByLabel('Narrow by path or first words').fill(textOf(tested).slice(0, 60));
  await expect(list.getByRole('listitem').getByRole('button').first()).toBeDisabled();
  await list.getByLabel('Narrow by path or first words').fill(textOf(found.id).slice(0, 60));
  await list.getByRole('listitem').getByRole('button').first().click();
  await expect.poll(async () => (await app.current()).id).toBe(found.id);
  await page.keyboard.press('f');
  await expect(page.getByText('Flagged')).toBeVisible();
  await page.getByRole('button', { name: 'Back to the queue' }).click();
  await expect.poll(async () => (await app.current()).id).not.toBe(found.id);

  // What is flagged can be found again, and so can what has a class.
  await app.goTo('Data');
  await list.getByLabel('Narrow by path or first words').fill('');
  for (const [show, count] of [
    ['Flagged', 1],
    ['Labelled age_limit', 1],
    ['Skipped', 0],
  ] as const) {
    await list.getByLabel('Show', { exact: true }).selectOption({ label: `${show} (${count})` });
    await expect(list.getByRole('status').filter({ hasText: / items?$/ })).toHaveText(
      `${count} item${count === 1 ? '' : 's'}`,
    );
    await expect(list.getByRole('listitem').getByRole('button')).toHaveCount(count);
  }
  await expect(list.getByText('No item is like that.')).toBeVisible();
  // What the list was narrowed to is there again after one has looked at an item.
  await list.getByLabel('Show', { exact: true }).selectOption({ label: 'Labelled age_limit (1)' });
  await list.getByRole('listitem').getByRole('button').click();
  await app.goTo('Data');
  await expect(list.getByLabel('Show', { exact: true }).locator('option:checked')).toHaveText('Labelled age_limit (1)');
  await app.goTo('Label');
  await page.keyboard.press('Escape');

  await app.label(20, (path) => keys.get(rowOf(path)?.label ?? '') ?? '');
  await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', '1', { timeout: 60_000 });
  await expect(guesses).toHaveCount(0);
  // The list of projects counts what was labelled without the project having been left.
  const home = await page.context().newPage();
  await home.goto('/');
  await expect(home.getByText('21 labelled')).toBeVisible();
  app.watch.assertClean();
});

test('pictures without an encoder that knows words: the search says what it needs, and no start needs names', async ({
  page,
}) => {
  const app = new AppPage(page);
  await app.openHome();
  await page.getByText('Machine parts').first().click();
  const search = page.getByTestId('item-search');
  await expect(search).toBeVisible({ timeout: 120_000 });
  await expect(search).toContainText('Choose an encoder that reads pictures and words, such as CLIP ViT-B/32.');
  await expect(page.getByTestId('search-words')).toHaveCount(0);
  await page.getByText('How items are picked').click();
  const starts = page.getByLabel('Before the first model').getByRole('option');
  await expect(starts.filter({ hasText: 'Representative cover' })).toHaveCount(1);
  await expect(starts.filter({ hasText: 'Spread over class names' })).toHaveCount(0);
  app.watch.assertClean();
});
