import { expect, test } from 'vitest';
import { SearchState } from '../../src/state/search.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

/** As much of a project as a search for letters touches; what the loop does is up to the test. */
function project(splitDrawn: () => Promise<void> = () => Promise.resolve()) {
  const log = new GrowingLog();
  const items = textItems(6);
  const shown: string[] = [];
  let version = $state(0);
  const session = {
    id: 'p',
    get state() {
      void version; // What is read from the log depends on it.
      return log.state();
    },
    items,
    itemById: (id: string) => items.find((item) => item.id === id),
    encoding: { has: () => true, isComplete: true },
    classes: { list: [1, 2] },
    storage: { items: { texts: (_: string, ids: readonly string[]) => Promise.resolve(ids.map(() => 'a leaf')) } },
    learning: { splitDrawn },
    labelling: { showFound: (id: string) => shown.push(id) },
    notices: { show: () => shown.push('told') },
    fail: (error: unknown) => {
      throw error;
    },
  };
  const draw = (): void => {
    log.add({ kind: 'split-drawn', seed: 1, test: [idOf(1)], excluded: [idOf(2)] });
    version++;
  };
  return { search: new SearchState(session as unknown as ProjectSession), draw, shown };
}

test('what was found before the test set was drawn goes from the results', async () => {
  const { search, draw } = project();
  await search.run('text', 'leaf');
  expect(search.result?.items).toHaveLength(6);
  draw();
  expect(search.result?.items.map(({ item }) => item.id)).toEqual([0, 3, 4, 5].map(idOf));
});

test('an item that was found opens as soon as the test set is drawn, or says that it is a test item', async () => {
  const p = project(() => {
    p.draw();
    return Promise.resolve();
  });
  expect(await p.search.open(idOf(1))).toBe(false);
  expect(await p.search.open(idOf(3))).toBe(true);
  expect(p.shown).toEqual(['told', idOf(3)]);
});
