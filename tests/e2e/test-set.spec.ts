import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/accessibility.ts';
import { AppPage } from './support/app-page.ts';

const TOPICS = ['the oven burns bread', 'the parcel never came', 'my card was refused', 'the train stood still'];

/** Kitchen or other, from the row that a path ends with. */
function keyOf(path: string): string {
  return Number(path.split('#')[1]) % 4 === 1 ? '1' : '2';
}

function table(name: string, count: number): { name: string; mimeType: string; buffer: Buffer } {
  const rows = Array.from({ length: count }, (_, i) => `${name} ${i}: ${TOPICS[i % 4]} on day ${i * 7}`);
  return { name: `${name}.csv`, mimeType: 'text/csv', buffer: Buffer.from(`text\n${rows.join('\n')}\n`) };
}

test('data added later is said to be in no number, and can be drawn into the test set', async ({ page }) => {
  const app = new AppPage(page);
  const add = async (name: string, count: number, total: string): Promise<void> => {
    await app.goTo('Data');
    await page.getByTestId('files-input').setInputFiles(table(name, count));
    await app.accept('Ignore them');
    await app.waitEmbedded(total);
  };
  const version = page.getByTestId('model-version');
  const modelVersion = async (): Promise<number> => Number(await version.getAttribute('data-version'));
  await app.openHome();
  await app.createProject('Grows', 'Texts');
  await add('first', 1, '1');
  await app.goTo('Classes');
  for (const name of ['kitchen', 'other']) {
    await page.getByTestId('new-class').fill(name);
    await page.getByRole('button', { name: 'Add class' }).click();
  }
  // One text gives no test set; nobody has labelled a test item yet, so it follows what is added.
  await app.goTo('Label');
  await app.current();
  await app.goTo('Evaluate');
  await expect(page.getByText('The test set has 0 items; a number needs 10.')).toBeVisible();
  await add('second', 239, '240');
  // A batch rests on what the built-in encoder learnt from that one text, so it learns again when it is told to.
  await expect(page.getByTestId('learnt-from')).toContainText('It learnt from 1 of the 240 items.');
  await page.getByRole('button', { name: 'Learn again from all items' }).click();
  await expect(page.getByTestId('learnt-from')).toHaveCount(0);
  await app.waitEmbedded('240');
  await expect(page.getByText(/, \d\d+ numbers per item\./)).toBeVisible();
  await app.goTo('Evaluate');
  await expect(page.getByText('0 of 48 test items labelled.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('uncovered')).toHaveCount(0);

  // The batch of the single text of before, and one more.
  await app.goTo('Label');
  for (let labelled = 0; (await modelVersion()) < 2; labelled++) await app.label(1, keyOf);
  // What the model says of an item that it learnt from is shown as what it is.
  await app.goTo('Data');
  const list = page.getByRole('region', { name: 'Items' });
  await list.getByLabel('Show', { exact: true }).selectOption('labelled');
  await list.getByRole('listitem').getByRole('button').first().click();
  await expect(page.getByTestId('learnt-note')).toBeVisible();
  await expect(page.getByRole('heading', { name: /^Why it was asked in batch 1$/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Accept/ })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('t');
  await app.label(12, keyOf);
  await add('third', 360, '600');
  await app.goTo('Evaluate');
  await expect(page.getByTestId('uncovered')).toHaveText(
    'It was drawn from 240 items; the 360 that came later are in no number here.',
  );
  await expect(page.getByText('12 of 48 test items labelled.')).toBeVisible();
  await page.getByRole('button', { name: 'Draw it again from all items…' }).click();
  await expectAccessible(page, 'dialog');
  const change = page.getByTestId('redraw');
  await expect(page.getByRole('dialog').getByLabel('Test items')).toHaveValue('100');
  await expect(change.getByRole('listitem')).toHaveText([
    '40 of the 48 test items stay, 12 of them labelled.',
    '60 items come in.',
  ]);
  // Never fewer than there are: nobody can draw until the score pleases.
  await page.getByRole('dialog').getByLabel('Test items').fill('20');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('dialog').getByLabel('Test items')).toHaveValue('48');
  await expect(change.getByRole('listitem').first()).toHaveText('19 of the 48 test items stay, 12 of them labelled.');
  await page.getByRole('dialog').getByLabel('Test items').fill('100');
  await page.keyboard.press('Tab');
  await page.getByRole('button', { name: 'Draw it', exact: true }).click();
  await expect(page.getByText('12 of 100 test items labelled.')).toBeVisible();
  await expect(page.getByTestId('uncovered')).toHaveCount(0);
  await app.settled();
  await page.reload();
  await app.goTo('Evaluate');
  await expect(page.getByText('12 of 100 test items labelled.')).toBeVisible();
  // Half of all items, some of which train the model: it is trained again without them.
  await app.goTo('Label');
  const before = await modelVersion();
  await app.goTo('Data');
  await page.getByRole('button', { name: 'More test items…' }).click();
  await page.getByRole('dialog').getByLabel('Test items').fill('300');
  await page.keyboard.press('Tab');
  await expect(change.getByRole('listitem').last()).toHaveText(
    /^\d+ items that train the model now will only test\s+it\./,
  );
  await page.getByRole('button', { name: 'Draw it', exact: true }).click();
  await expect(page.getByText('Drawn: 300 items.')).toBeVisible();
  await app.goTo('Label');
  await expect(version).toHaveAttribute('data-version', String(before + 1));
  await app.goTo('Evaluate');
  expect((await app.accuracy()).n).toBeGreaterThan(12);
  app.watch.assertClean();
});
