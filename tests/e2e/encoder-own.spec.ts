import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { bankingSubset, hasData, hasModels, MODELS_DIR } from './support/data.ts';
import { FakeHub } from './support/fake-hub.ts';
import { HUB_BROWSER } from './support/hub-browser.ts';
import { stored } from './support/stored.ts';

const POTION = join(MODELS_DIR, 'minishlab', 'potion-base-2M');
const REPOSITORY = 'someone/tiny-texts';

test.use({ launchOptions: HUB_BROWSER });
test.skip(!hasData || !hasModels, 'the shared data and models are not here');

test('a repository by name and a folder become encoders; labels stay and a new head is trained', async ({
  page,
  context,
}, testInfo) => {
  const hub = await FakeHub.start({ [REPOSITORY]: POTION });
  await hub.standInFor(context);
  const file = testInfo.outputPath('questions.csv');
  const rows = bankingSubset(file, 3);
  const distinct = String(new Set(rows.map((row) => row.text)).size);
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Questions', 'Texts');
  await page.getByTestId('files-input').setInputFiles(file);
  await app.accept('Hide them as a reference');
  await app.waitEmbedded(distinct);
  await app.goTo('Classes');
  await page.getByTestId('add-suggested').click();
  await app.goTo('Label');
  await app.current();
  const keys = await app.classKeys();
  const keyOf = (path: string): string => keys.get(rows[Number(path.split('#').at(-1)) - 1]?.label ?? '') ?? '';
  await app.label(25, keyOf);
  await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', '1', { timeout: 60_000 });

  await app.goTo('Data');
  await page.getByRole('button', { name: 'Compare and download…' }).click();
  // What this site serves without the app knowing it is offered as well.
  await expect(page.getByTestId(/^encoder-site:bench\/minilm-l6-shaped@/)).toHaveAttribute('data-place', 'site');
  const name = page.getByLabel(/^Model on /);
  const check = page.getByRole('button', { name: 'Check', exact: true });
  await name.fill('tiny-texts');
  await check.click();
  await expect(page.getByRole('alert')).toContainText('Write it as owner/name');
  await name.fill('someone/nothing');
  await check.click();
  await expect(page.getByRole('alert')).toContainText('The hub has no model of this name');
  await name.fill(REPOSITORY);
  await check.click();
  await expect(page.getByText('someone/tiny-texts can be used.')).toBeVisible();
  const card = page.getByTestId(/^encoder-hub:someone\/tiny-texts@/);
  await expect(card).toHaveAttribute('data-place', 'hub');
  await card.getByRole('button', { name: 'Download' }).click();
  await expect(card).toHaveAttribute('data-place', 'machine', { timeout: 30_000 });
  await hub.close();
  await card.getByRole('button', { name: 'Use' }).click();

  await expect(page.getByTestId('embed-progress')).toHaveAttribute('aria-valuenow', distinct, { timeout: 60_000 });
  const trained = async () => (await stored(page, 'events')).filter((e) => e.kind === 'model-trained');
  await expect
    .poll(async () => (await trained()).at(-1)?.encoder, { timeout: 30_000 })
    .toMatch(/^hub:someone\/tiny-texts@/);
  expect((await stored(page, 'events')).filter((e) => e.kind === 'label')).toHaveLength(25);
  await page.reload();
  await expect(page.getByLabel('Encoder', { exact: true })).toHaveValue(/^hub:someone\/tiny-texts@/);
  await app.goTo('Label');
  await app.label(15, keyOf);
  await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', '3', { timeout: 60_000 });

  await app.goTo('Data');
  await page.getByRole('button', { name: 'Compare and download…' }).click();
  const wrong = testInfo.outputPath('wrong');
  cpSync(POTION, wrong, { recursive: true, dereference: true });
  rmSync(join(wrong, 'tokenizer.json'), { force: true });
  mkdirSync(wrong, { recursive: true });
  await page.getByTestId('model-folder').setInputFiles(wrong);
  await expect(page.getByRole('alert')).toContainText('There is no tokenizer.json');
  await page.getByTestId('model-folder').setInputFiles(POTION);
  await expect(page.getByText('potion-base-2M is on this machine now.')).toBeVisible({ timeout: 30_000 });
  const local = page.getByTestId(/^encoder-local:/);
  await expect(local).toHaveAttribute('data-place', 'machine');
  await local.getByRole('button', { name: 'Use' }).click();
  await expect(page.getByTestId('embed-progress')).toHaveAttribute('aria-valuenow', distinct, { timeout: 60_000 });
  await expect.poll(async () => (await trained()).at(-1)?.encoder, { timeout: 30_000 }).toMatch(/^local:/);

  // Taken away, the project says so and keeps its labels.
  await page.getByRole('button', { name: 'Compare and download…' }).click();
  await local.getByRole('button', { name: 'Remove' }).click();
  await expect(local).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByText('which is not on this machine.')).toBeVisible();
  await expect(page.getByLabel('Encoder', { exact: true })).toHaveValue('builtin-text');
  expect((await stored(page, 'events')).filter((e) => e.kind === 'label')).toHaveLength(40);
  expect(app.watch.foreign).toEqual([]);
});
