import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

interface BenchContext {
  readonly open: (path?: string) => Promise<Page>;
  readonly quick: boolean;
  readonly log: (line: string) => void;
}
const REPEATS = 3;

/** Reopening a project of 20,000 texts until the first item can be labelled: from the reload to the shown item; median. */
export async function run({ open, quick, log }: BenchContext): Promise<Record<string, number>> {
  const count = quick ? 2000 : 20_000;
  const folder = mkdtempSync(join(tmpdir(), 'winnow-open-'));
  try {
    const file = join(folder, 'texts.csv');
    const words = [
      'card',
      'refund',
      'delay',
      'password',
      'branch',
      'statement',
      'limit',
      'transfer',
      'address',
      'cash',
    ];
    const line = (i: number): string =>
      `message ${i} about ${words[i % 10] ?? ''} and ${words[Math.floor(i / 10) % 10] ?? ''} from ${words[Math.floor(i / 100) % 10] ?? ''} ${(i * 7919) % 9973},${words[i % 10] ?? ''}`;
    writeFileSync(file, `text,label\n${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`);
    const page = await open();
    await page.getByLabel('Name', { exact: true }).fill('Large');
    await page.getByText('Texts', { exact: true }).click();
    await page.getByRole('button', { name: 'Create project' }).click();
    await page.getByTestId('files-input').setInputFiles(file);
    await page.getByText('Hide them as a reference').click();
    const started = Date.now();
    await page.getByTestId('accept-offer').click();
    await page
      .getByRole('navigation')
      .getByText(`${count.toLocaleString('en')} items`)
      .waitFor({ timeout: 500_000 });
    log(`imported and embedded in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    await page
      .getByRole('navigation')
      .getByRole('button', { name: /^Classes/ })
      .click();
    await page.getByTestId('add-suggested').click();
    await page
      .getByRole('navigation')
      .getByRole('button', { name: /^Label/ })
      .click();
    await page.getByTestId('current-item').waitFor({ timeout: 60_000 });
    const times: number[] = [];
    for (let i = 0; i < REPEATS; i++) {
      await page.reload({ waitUntil: 'commit' });
      await page.getByTestId('current-item').waitFor({ timeout: 60_000 });
      times.push(await page.evaluate(() => performance.now()));
    }
    times.sort((a, b) => a - b);
    await page.close();
    return { [`open.${count}_ms`]: Math.round(times[1] ?? NaN) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
