import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';

test('a calibration slice is labelled blind, is never picked, and puts probabilities right', async ({ page }, info) => {
  const app = new AppPage(page);
  await app.openHome();
  await page.getByText('Clinic messages').first().click();
  await app.goTo('Data');
  await app.waitEmbedded(/(1,9\d\d|2,000) items/);
  await page.getByLabel('Test items', { exact: true }).fill('40');
  await page.keyboard.press('Tab');
  await page.getByLabel('Calibration items').fill('40');
  await page.keyboard.press('Tab');
  await app.goTo('Label');
  for (let round = 1; round <= 2; round++) {
    await app.current();
    await page.getByTestId('answer-reference').click();
    await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', String(round), { timeout: 60_000 });
  }
  // T goes from the batch to the test set and on to the slice, both without suggestions.
  await page.keyboard.press('t');
  await app.current();
  await expect(page.getByText(/^Test item: labelled blind\. The model/)).toBeVisible();
  for (const queue of ['test', 'calibration']) {
    for (let i = 1; i <= 2; i++) {
      await app.current();
      if (queue === 'calibration') {
        await expect(page.getByText(/^Calibration item: labelled blind\. The model/)).toBeVisible();
      }
      await page.getByTestId('answer-reference').click();
      await expect(page.getByTestId(`${queue}-progress`)).toHaveAttribute('data-done', String(20 * i));
    }
    await page.keyboard.press('t');
  }
  await expect(page.getByTestId('batch-progress')).toBeVisible();
  await app.goTo('Evaluate');
  const quality = page.getByTestId('calibration');
  await expect(quality).toHaveAttribute('data-temperature', /^\d/, { timeout: 30_000 });
  await expect(quality.getByRole('columnheader', { name: 'Calibrated' })).toBeVisible();
  await expect(page.getByText(/The calibration slice gives a temperature of \d/)).toBeVisible();
  // What was drawn stays drawn.
  await app.goTo('Data');
  await expect(page.getByLabel('Calibration items')).toBeDisabled();
  await app.goTo('Export');
  const csv = await app.download(info, () => page.getByTestId('export-predictions-csv').click());
  expect(csv).toMatch(/Clinic-messages-practice-predictions\.csv$/);
  const [header = '', ...rows] = readFileSync(csv, 'utf8').trim().split('\r\n');
  expect(header.split(',').slice(-2)).toEqual(['temperature', 'text']);
  expect(rows.filter((row) => /^[^,]*,[0-9a-f]{64},calibration,/.test(row))).toHaveLength(40);
  app.watch.assertClean();
});
