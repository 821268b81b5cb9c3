import { describe, expect, it } from 'vitest';
import { classId, eventId, type ClassId } from '../../src/domain/ids.ts';
import { imitateRandomSampling, type TryHead } from '../../src/loop/imitate-random.ts';
import { crossValidatedSeed } from '../../src/loop/seed-estimate.ts';
import type { TrainingSet } from '../../src/loop/training-set.ts';

const never = new AbortController().signal;
const names = ['a', 'b'].map((n) => classId(n));

/** A head that knows the class of a row: its parity, as far as that class is among the training labels. */
const knowing =
  (seen: { rows: number[]; test: number[] }[]): TryHead =>
  ({ rows, labels }, test) => {
    seen.push({ rows: [...rows], test: [...test] });
    const byParity = new Map(Array.from(rows, (row, i) => [row % 2, labels[i] ?? 0]));
    return Promise.resolve(test.map((row) => byParity.get(row % 2) ?? 0));
  };

describe('imitating random sampling inside the test set', () => {
  const rows = Array.from({ length: 50 }, (_, i) => 100 + i);
  const classes = rows.map((row) => names[row % 2] as ClassId);

  it('trains on parts of the test set and tests on the rest, never on both', async () => {
    const seen: { rows: number[]; test: number[] }[] = [];
    const progress: number[] = [];
    const splits = await imitateRandomSampling(
      { rows, classes, pool: Int32Array.of(1, 2), seed: 3 },
      knowing(seen),
      never,
      (done, total) => progress.push(done / total),
    );
    expect(splits).toHaveLength(100);
    expect(progress.at(-1)).toBe(1);
    for (const { rows: train, test } of seen) {
      expect(train.length + test.length).toBe(50);
      expect(new Set([...train, ...test]).size).toBe(50);
    }
    expect([...new Set(splits.map((s) => s.labels))].sort((a, b) => a - b)).toEqual([5, 10, 20, 30, 40]);
    const large = splits.filter((s) => s.labels === 40);
    expect(large.every((s) => Array.from(s.isRight).every(Boolean))).toBe(true);
  });

  it('is the same for the same seed, ends on a cancel, and does nothing with too few items', async () => {
    const run = (): ReturnType<typeof imitateRandomSampling> =>
      imitateRandomSampling({ rows, classes, pool: new Int32Array(), seed: 3 }, knowing([]), never, () => undefined);
    expect(await run()).toEqual(await run());
    const few = { rows: rows.slice(0, 39), classes, pool: new Int32Array(), seed: 1 };
    expect(await imitateRandomSampling(few, knowing([]), never, () => undefined)).toEqual([]);
    await expect(
      imitateRandomSampling(
        { rows, classes, pool: new Int32Array(), seed: 3 },
        knowing([]),
        AbortSignal.abort(),
        () => undefined,
      ),
    ).rejects.toThrow();
  });
});

describe('the first look at a seed set', () => {
  const set = (count: number): TrainingSet => ({
    rows: Int32Array.from({ length: count }, (_, i) => i),
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
    classes: names,
    events: Array.from({ length: count }, (_, i) => eventId(String(i))),
  });

  it('is cross-validated and compared with always naming the commonest class', async () => {
    const good = await crossValidatedSeed(set(40), new Int32Array(), 1, knowing([]), never);
    expect(good).toMatchObject({ accuracy: 1, chance: 0.5, isNoBetterThanChance: false, n: 40 });
    const guessing: TryHead = (_, test) => Promise.resolve(test.map(() => 0));
    const bad = await crossValidatedSeed(set(40), new Int32Array(), 1, guessing, never);
    expect(bad?.accuracy).toBeCloseTo(0.5, 1);
    expect(bad?.isNoBetterThanChance).toBe(true);
  });

  it('says nothing with few labels or one class', async () => {
    expect(await crossValidatedSeed(set(8), new Int32Array(), 1, knowing([]), never)).toBeNull();
    const one = { ...set(20), labels: new Int32Array(20), classes: names.slice(0, 1) };
    expect(await crossValidatedSeed(one, new Int32Array(), 1, knowing([]), never)).toBeNull();
  });
});
