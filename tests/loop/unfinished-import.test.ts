import { describe, expect, it } from 'vitest';
import type { ImportJournal } from '../../src/loop/storage-ports.ts';
import { choiceOf, unfinishedImport } from '../../src/loop/unfinished-import.ts';

const journal = (sourceName: string, startedAt: number, isFinished: boolean): ImportJournal => ({
  id: `${sourceName}${startedAt}`,
  sourceName,
  total: 9,
  done: 3,
  isFinished,
  startedAt,
  options: { hints: 'labels', textColumn: 1, idColumn: null, labelColumn: 2, columns: ['a', 'b', 'c'] },
});

describe('an import that was cut off', () => {
  it('is the latest of those that no later one of the same source has finished, in any order', () => {
    expect(unfinishedImport([])).toBeNull();
    expect(unfinishedImport([journal('a', 2, true), journal('a', 1, false)])).toBeNull();
    const list = [journal('c', 4, true), journal('b', 3, false), journal('a', 1, false)];
    expect(unfinishedImport(list)?.sourceName).toBe('b');
  });

  it('knows what was chosen for it, or nothing', () => {
    expect(choiceOf(journal('a', 1, false))).toEqual({
      hints: 'labels',
      textColumn: 1,
      idColumn: null,
      labelColumn: 2,
      columns: ['a', 'b', 'c'],
    });
    expect(choiceOf({ ...journal('a', 1, false), options: { hints: 'burn' } })).toBeNull();
  });
});
