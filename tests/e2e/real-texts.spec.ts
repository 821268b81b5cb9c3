import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { bankingSubset, hasData, hasModels } from './support/data.ts';

for (const encoder of ['Built-in text encoder', 'potion-base-2M']) {
  test(`bank questions in 10 classes with ${encoder}`, async ({ page }, testInfo) => {
    test.skip(!hasData || !hasModels, 'the shared data and models are not here');
    const file = testInfo.outputPath('questions.csv');
    const rows = bankingSubset(file, 10);
    const app = new AppPage(page);
    await app.openHome();
    await app.createProject('Questions', 'Texts');
    await page.getByTestId('files-input').setInputFiles(file);
    await app.chooseEncoder(encoder);
    await app.accept('Hide them as a reference');
    const distinct = new Set(rows.map((row) => row.text)).size;
    await app.waitEmbedded(distinct.toLocaleString('en'));
    await app.goTo('Classes');
    await page.getByTestId('add-suggested').click();
    await app.goTo('Label');
    await app.current();
    const keys = await app.classKeys();
    const keyOf = (path: string): string => {
      const row = rows[Number(path.split('#').at(-1)) - 1];
      return keys.get(row?.label ?? '') ?? '';
    };
    await page.keyboard.press('t');
    await app.label(60, keyOf);
    await page.keyboard.press('t');
    for (let round = 0; round < 4; round++) await app.label(20, keyOf);
    await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', '4', { timeout: 60_000 });
    await app.goTo('Evaluate');
    const { value, n } = await app.accuracy();
    expect(n).toBe(60);
    expect(value).toBeGreaterThanOrEqual(0.75);
    testInfo.annotations.push({ type: 'test accuracy', description: `${value} on ${n} items after 80 labels` });
    app.watch.assertClean();
  });
}
