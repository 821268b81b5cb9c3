import { describe, expect, it } from 'vitest';
import { classId } from '../../src/domain/ids.ts';
import type { TryHead } from '../../src/loop/imitate-random.ts';
import { outOfFold } from '../../src/loop/out-of-fold.ts';
import type { TrainingSet } from '../../src/loop/training-set.ts';

const classes = [classId('a'), classId('b'), classId('c')];
/** Thirty labels, by the row's rest; rows 4 and 17 have a wrong one. */
const WRONG = [4, 17];
const rows = Int32Array.from({ length: 30 }, (_, i) => i);
const labels = rows.map((row) => (WRONG.includes(row) ? (row + 1) % 3 : row % 3));
const set: TrainingSet = { rows, labels, classes, events: [] };
const never = new AbortController().signal;

/** Learns nothing but answers right, in the numbers of the classes that it was given. */
const wise =
  (asked: number[][]): TryHead =>
  (request, test) => {
    asked.push([...request.rows]);
    expect([...test].some((row) => request.rows.includes(row))).toBe(false);
    const present = [...new Set(request.rows.map((row) => labels[row] ?? -1))].sort();
    return Promise.resolve(test.map((row) => present.indexOf(row % 3)));
  };

describe('heads that have not learnt from a label', () => {
  it('find the labels that do not fit, and what would', async () => {
    const asked: number[][] = [];
    const folds: number[] = [];
    const result = await outOfFold(set, new Int32Array(), 7, wise(asked), never, (done) => folds.push(done));
    expect(asked).toHaveLength(5);
    expect(folds).toEqual([0, 1, 2, 3, 4]);
    const doubted = [...rows].filter((row) => !result?.isRight[row]);
    expect(doubted).toEqual(WRONG);
    expect(doubted.map((row) => result?.guesses[row])).toEqual(WRONG.map((row) => row % 3));
  });

  it('are not asked about too few labels, or one class', async () => {
    const few = { ...set, rows: rows.slice(0, 9), labels: labels.slice(0, 9) };
    expect(await outOfFold(few, new Int32Array(), 7, wise([]), never)).toBeNull();
    const same = { ...set, labels: labels.map(() => 0), classes: classes.slice(0, 1) };
    expect(await outOfFold(same, new Int32Array(), 7, wise([]), never)).toBeNull();
  });

  it('stop when they are told to', async () => {
    const stop = new AbortController();
    const asked: number[][] = [];
    const once = outOfFold(set, new Int32Array(), 7, wise(asked), stop.signal, (done) => {
      if (done === 2) stop.abort();
    });
    await expect(once).rejects.toMatchObject({ name: 'AbortError' });
    expect(asked).toHaveLength(3);
  });
});
