import { expect, test, type Page } from '@playwright/test';
import { AppPage } from './support/app-page.ts';
import { png, writeFolder, type Files } from './support/odd-files.ts';
import { expectWhole, stored, storedCount, untilStored } from './support/stored.ts';

const LOCKED = 'This project is open in another tab.';
const messagesOf = (page: Page) => page.getByRole('region', { name: 'Messages' });

function pictures(count: number): { files: Files; paths: string[] } {
  const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${1000 + i}.png`, png(i, 120, 90)]));
  return { files, paths: Object.keys(files) };
}

test('a second tab says so and only looks, until it takes over', async ({ page, context }, testInfo) => {
  const first = new AppPage(page);
  await first.openHome();
  await first.createProject('Shared', 'Images');
  await page.getByTestId('folder-input').setInputFiles(writeFolder(testInfo.outputPath('p'), pictures(12).files));
  await first.accept('Ignore them');
  await first.waitEmbedded('12');
  await first.goTo('Classes');
  for (const name of ['Round', 'Square']) {
    await page.getByTestId('new-class').fill(name);
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('new-class')).toHaveValue('');
  }

  const second = new AppPage(await context.newPage());
  await second.page.goto(page.url());
  await expect(messagesOf(second.page)).toContainText(LOCKED);
  await expect(messagesOf(second.page)).toContainText('Here you can look, and nothing is saved.');
  await expect(messagesOf(page)).not.toContainText(LOCKED);
  const before = await stored(page, 'events');
  await expect(second.page.getByTestId('new-class')).toBeDisabled();
  await second.goTo('Data');
  await expect(second.page.getByTestId('files-input')).toBeDisabled();
  await second.page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['x'], 'dropped.png'));
    const drop = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector('[data-over]')?.dispatchEvent(drop);
  });
  await expect(messagesOf(second.page).getByRole('alert')).toContainText('You can look at it here, but not change it.');
  await expect(second.page.getByTestId('accept-offer')).toHaveCount(0);
  await second.goTo('Label');
  await second.page.keyboard.press('1');
  expect(await stored(page, 'events')).toEqual(before);

  await first.goTo('Label');
  await first.label(2, () => '1');
  const labelled = await stored(page, 'events');
  await messagesOf(second.page).getByRole('button', { name: 'Work here' }).click();
  await expect(messagesOf(page)).toContainText(LOCKED);
  await expect(messagesOf(second.page)).not.toContainText(LOCKED);
  await expect(second.page.getByRole('banner')).toContainText('2 labelled');
  await page.keyboard.press('1');
  await second.label(2, () => '2');
  const events = await stored(page, 'events');
  expect(events.slice(0, labelled.length)).toEqual(labelled);
  expect(events.filter((event) => event.kind === 'label')).toHaveLength(4);
  expect(new Set(events.map((event) => event.seq)).size).toBe(events.length);
  // The other tab is closed: this one works again as soon as one looks at it.
  await second.page.close();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(messagesOf(page)).not.toContainText(LOCKED);
  await expect(page.getByRole('banner')).toContainText('4 labelled');
  await first.label(1, () => '1');
  first.watch.assertClean();
  second.watch.assertClean();
});

test('a project that another tab works on can’t be removed', async ({ page, context }) => {
  const first = new AppPage(page);
  await first.openHome();
  await first.createProject('In use', 'Texts');
  const second = new AppPage(await context.newPage());
  await second.openHome();
  await second.page.getByRole('button', { name: 'Remove In use' }).click();
  await second.page.getByRole('button', { name: 'Remove for good' }).click();
  await expect(messagesOf(second.page).getByRole('alert')).toContainText(LOCKED);
  expect(await storedCount(page, 'projects')).toBe(1);
  await page.close();
  await messagesOf(second.page)
    .getByRole('button', { name: /^Dismiss/ })
    .click();
  await second.page.getByRole('button', { name: 'Remove for good' }).click();
  await expect.poll(() => storedCount(second.page, 'projects')).toBe(0);
  second.watch.assertClean();
});

test('a project that is taken over in the middle of an import', async ({ page, context }, testInfo) => {
  const { files, paths } = pictures(200);
  const folder = writeFolder(testInfo.outputPath('p'), files);
  const first = new AppPage(page);
  await first.openHome();
  await first.createProject('Shared', 'Images');
  const second = new AppPage(await context.newPage());
  await second.page.goto(page.url());
  await expect(messagesOf(second.page)).toContainText(LOCKED);
  // Chromium takes a folder only in the tab in front.
  await page.bringToFront();
  await page.getByTestId('folder-input').setInputFiles(folder);
  await first.accept('Ignore them');
  await untilStored(page, 'items', 1);
  await messagesOf(second.page).getByRole('button', { name: 'Work here' }).click();
  await expect(messagesOf(page)).toContainText(LOCKED);
  await expect(second.page.getByText(/was cut off after \d+ of 200 files/)).toBeVisible();
  const kept = await storedCount(second.page, 'items');
  expect(kept).toBeLessThan(200);
  await second.page.bringToFront();
  await second.page.getByTestId('folder-input').setInputFiles(folder);
  await second.accept('Ignore them');
  await second.waitEmbedded('200');
  await expectWhole(second.page, paths);
  first.watch.assertClean();
  second.watch.assertClean();
});
