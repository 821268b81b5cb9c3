import { expect, test } from '@playwright/test';
import { AppPage } from './support/app-page.ts';

test('the evaluate stage compares with random sampling, looks ahead and advises on stopping', async ({ page }) => {
  const app = new AppPage(page);
  await app.openHome();
  await page.getByText('Clinic messages').first().click();
  await app.waitEmbedded(/(1,9\d\d|2,000) items/);
  await app.goTo('Label');
  await app.current();
  for (let round = 1; round <= 5; round++) {
    await app.current();
    await page.getByTestId('answer-reference').click();
    await expect(page.getByTestId('model-version')).toHaveAttribute('data-version', String(round), { timeout: 60_000 });
    if (round === 1) {
      // Before any test label: a first look, by cross-validation on the seed set.
      await app.goTo('Evaluate');
      await expect(
        page.getByText(/A first look: cross-validated on \d+ labels|not clearly better than always naming/),
      ).toBeVisible({
        timeout: 30_000,
      });
      await app.goTo('Label');
    }
  }
  await page.keyboard.press('t');
  for (let i = 0; i < 5; i++) {
    await app.current();
    await page.getByTestId('answer-reference').click();
    await expect(page.getByTestId('test-progress')).toHaveAttribute('data-done', String((i + 1) * 20));
  }
  await app.goTo('Evaluate');
  const { n } = await app.accuracy();
  expect(n).toBe(100);
  const efficiency = page.getByTestId('label-efficiency');
  await expect(efficiency).toContainText(/\d\.\d×\s*\(\d+\.\d× to \d+\.\d×\)/, { timeout: 90_000 });
  await expect(efficiency).toContainText(/random labels reach an accuracy of 0\.\d\d/);
  await expect(page.getByText(/points$/).first()).toBeVisible();
  await expect(page.getByRole('img', { name: /^Share right by stated probability/ })).toBeVisible();
  const target = page.locator('[data-criterion="target"]');
  await expect(target).toHaveAttribute('data-state', 'not-met');
  await page.getByText('Change what counts').click();
  const reach = page.getByLabel('Accuracy to reach (%)');
  await expect(reach).toHaveValue('90');
  await reach.fill('10');
  await page.keyboard.press('Tab');
  await expect(target).toHaveAttribute('data-state', 'met');
  await page.reload();
  await expect(page.locator('[data-criterion="target"]')).toHaveAttribute('data-state', 'met', { timeout: 30_000 });
  await page.getByText('Change what counts').click();
  await expect(reach).toHaveValue('10');
  await page.getByRole('button', { name: 'Back to the defaults' }).click();
  await expect(reach).toHaveValue('90');
  await expect(page.getByRole('button', { name: 'Back to the defaults' })).toHaveCount(0);
  app.watch.assertClean();
});
