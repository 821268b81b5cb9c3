import { expect, test } from '@playwright/test';
import Papa from 'papaparse';
import type { ModelTrained } from '../../src/domain/events.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { expectAccessible } from './support/accessibility.ts';
import { AppPage } from './support/app-page.ts';
import { stored } from './support/stored.ts';

const TOPICS: Record<string, string> = {
  billing: 'invoice refund charge payment receipt card amount billed twice subscription price cancel account total fee',
  delivery: 'parcel courier late address door shipped tracking box driver depot arrived missing neighbour label weight',
};
const NAMES = Object.keys(TOPICS);
const [COUNT, LABELLED] = [800, 700];

/** Short letters; those after the first seven hundred come without their topic. */
function csv(): Buffer {
  const random = seededRandom(8);
  const rows = Array.from({ length: COUNT }, (_, i) => {
    const name = NAMES[i % 2] ?? '';
    const words = (TOPICS[name] ?? '').split(' ');
    const text = Array.from({ length: 7 }, () => words[random.below(words.length)] ?? '').join(' ');
    return { text: `${text} ${i}`, topic: i < LABELLED ? name : '' };
  });
  return Buffer.from(Papa.unparse(rows));
}

test('a model with a hidden layer is chosen, trained, kept over a reload, and given up again', async ({ page }) => {
  const app = new AppPage(page);
  const models = async (): Promise<(number | undefined)[]> =>
    (await stored(page, 'events')).filter((e): e is ModelTrained => e.kind === 'model-trained').map((m) => m.hidden);
  const version = page.getByTestId('model-version');
  await app.openHome();
  await app.createProject('Letters', 'Texts');
  await page.getByTestId('files-input').setInputFiles({ name: 'letters.csv', mimeType: 'text/csv', buffer: csv() });
  await app.chooseEncoder('Built-in text encoder');
  await app.accept('Use them as labels');
  await app.waitEmbedded(String(COUNT));

  await page.getByText('How items are picked').click();
  const choice = page.getByLabel('Model', { exact: true });
  await expect(choice).toHaveValue('linear');
  await choice.selectOption({ label: 'One hidden layer' });
  await expect(page.getByText('With under 500 labels the linear model is trained instead')).toBeVisible();
  await expectAccessible(page, 'main');

  await app.goTo('Label');
  await app.current();
  await expect(version).toHaveAttribute('data-version', '1', { timeout: 60_000 });
  expect(await models()).toEqual([128]);

  await page.reload();
  await app.current();
  await app.goTo('Data');
  await page.getByText('How items are picked').click();
  await expect(choice).toHaveValue('hidden');
  await expect(page.getByText('The model now has a hidden layer.')).toBeVisible();
  await choice.selectOption({ label: 'Linear (default)' });

  await app.goTo('Label');
  await app.label(20, () => '1');
  await expect(version).toHaveAttribute('data-version', '2', { timeout: 60_000 });
  expect(await models()).toEqual([128, undefined]);
  app.watch.assertClean();
});
