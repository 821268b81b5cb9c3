import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';

for (const sample of ['Clinic messages', 'Machine parts']) {
  test(`${sample}: from the empty state to a trained model without leaving the origin`, async ({ page }, testInfo) => {
    const app = new AppPage(page);
    await app.openHome();
    await page.getByText(sample).first().click();
    await app.waitEmbedded(/(1,9\d\d|2,000) items/);
    await app.goTo('Label');
    await app.current();
    await page.keyboard.press('t');
    await page.getByTestId('answer-reference').click();
    await expect(page.getByTestId('test-progress')).toContainText('20');
    await page.keyboard.press('t');
    for (let round = 1; round <= 3; round++) {
      await app.current();
      await page.getByTestId('answer-reference').click();
      await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', String(round), {
        timeout: 60_000,
      });
    }
    if (process.env['WINNOW_SCREENSHOT'] && sample === 'Clinic messages') {
      await app.current();
      await expect(page.getByRole('button', { name: /^Accept/ })).toBeVisible();
      await page.screenshot({ path: 'docs/label-stage.png' });
    }
    await app.goTo('Evaluate');
    const { value, n } = await app.accuracy();
    expect(n).toBe(20);
    expect(value).toBeGreaterThan(0.2);
    testInfo.annotations.push({ type: 'test accuracy', description: `${value} on ${n} items after 60 labels` });
    app.watch.assertClean();
  });
}
