import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const SOURCE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

/** Fails unless what matches `selector` keeps WCAG 2.2 A and AA, as far as a machine can tell. */
export async function expectAccessible(page: Page, selector: string): Promise<void> {
  await page.evaluate(SOURCE);
  const found = await page.evaluate(async (where) => {
    const { axe } = globalThis as unknown as {
      axe: { run: (context: string, options: object) => Promise<AxeResults> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run(where, { runOnly: tags });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`);
  }, selector);
  expect(found).toEqual([]);
}
