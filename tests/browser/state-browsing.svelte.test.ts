import { expect, test } from 'vitest';
import type { TrainRequest } from '../../src/loop/learner-ports.ts';
import { BrowsingState } from '../../src/state/browsing.svelte.ts';
import { Jobs } from '../../src/state/jobs.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

/** Forty items: 0 to 3 test, 10 to 29 train; even rows are of class a, but for row 12, and test item 2 is wrong, too. */
function project() {
  const items = textItems(100);
  const log = new GrowingLog();
  log.add({ kind: 'split-drawn', seed: 1, test: [0, 1, 2, 3].map(idOf), excluded: [] });
  for (let row = 10; row < 30; row++) log.label(row, row % 2 === 0 && row !== 12 ? 'a' : 'b');
  log.label(2, 'b');
  const session = {
    items,
    state: log.live(),
    jobs: new Jobs(),
    encoding: { isComplete: true, has: () => true },
    learning: {
      withLearner: (task: (l: unknown) => Promise<unknown>) =>
        task({ tryHead: (_: TrainRequest, rows: Int32Array) => Promise.resolve(rows.map((row) => row % 2)) }),
    },
    fail: (error: unknown) => {
      throw error;
    },
  };
  return new BrowsingState(session as unknown as ProjectSession);
}

test('labels that the others do not expect are looked for when they are asked for, test items never', async () => {
  const browsing = project();
  const name = (): string => browsing.options.find((o) => o.id === 'doubted')?.name ?? '';
  expect(name()).toBe('Labels worth a second look');
  browsing.show('doubted');
  expect(browsing.isLooking).toBe(true);
  expect(browsing.whyEmpty).toMatch(/^Training models on parts of the labels/);
  await expect.poll(() => browsing.isLooking).toBe(false);
  expect(browsing.found.map((item) => item.row)).toEqual([12]);
  expect(browsing.suggestion(idOf(12))).toBe('a');
  expect(name()).toBe('Labels worth a second look (1)');
});

test('the list says how many there are of each kind, and begins at its first page when it is narrowed', () => {
  const browsing = project();
  const names = browsing.options.map((o) => o.name);
  expect(names.slice(0, 5)).toEqual([
    'All items (100)',
    'Flagged (0)',
    'Skipped (0)',
    'Labelled (21)',
    'Without a label (79)',
  ]);
  browsing.turnTo(1);
  expect([browsing.page, browsing.range, browsing.shown.length]).toEqual([1, { from: 61, to: 100 }, 40]);
  browsing.letters = 'TEXT 1';
  expect([browsing.page, browsing.found.length]).toEqual([0, 11]);
  browsing.letters = '';
  browsing.turnTo(1);
  browsing.show('labelled');
  expect([browsing.page, browsing.pages, browsing.found.length]).toEqual([0, 1, 21]);
});
