import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHeldOut, partOf } from '../../src/domain/project-state.ts';
import { classId } from '../../src/domain/ids.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { drawTestSet, redrawTestSet } from '../../src/domain/split.ts';
import { parseEvents } from '../../src/formats/validate-events.ts';
import { drawCalibration, drawnCount, drawSplit, redrawSplit, redrawTest } from '../../src/loop/draw-split.ts';
import type { Learner } from '../../src/loop/learner-ports.ts';
import { batchQueue, candidates, isBatchDone, testQueue } from '../../src/loop/queue.ts';
import { isUpToDate, trainingSet } from '../../src/loop/training-set.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

const all = (): boolean => true;
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** A learner to which rows 2k and 2k + 1 are near-duplicates. */
const paired = {
  nearDuplicates: (anchors: Int32Array) =>
    Promise.resolve(anchors.map((r) => r ^ 1).filter((r) => !anchors.includes(r))),
} as Partial<Learner> as Learner;
/** One to which nothing is alike. */
const loose = { nearDuplicates: () => Promise.resolve(new Int32Array()) } as Partial<Learner> as Learner;

describe('a sample drawn again', () => {
  it('takes every item, of before or added, equally often over two draws', () => {
    const counts = new Float64Array(60);
    const runs = 6000;
    for (let seed = 0; seed < runs; seed++) {
      const first = drawTestSet(numbers(0, 40), 10, seededRandom(seed));
      for (const i of redrawTestSet(first, numbers(0, 40), numbers(40, 60), 15, seededRandom(seed + 1e6))) {
        counts[i] = (counts[i] ?? 0) + 1;
      }
    }
    // A quarter each; five standard deviations of a count.
    const slack = 5 * Math.sqrt(runs * 0.25 * 0.75);
    for (const count of counts) expect(Math.abs(count - runs / 4)).toBeLessThan(slack);
  });

  it('is in random order: a part that is labelled first stands for the whole', () => {
    let added = 0;
    const runs = 4000;
    for (let seed = 0; seed < runs; seed++) {
      const first = drawTestSet(numbers(0, 40), 10, seededRandom(seed));
      const again = redrawTestSet(first, numbers(0, 40), numbers(40, 60), 15, seededRandom(seed + 1e6));
      added += again.slice(0, 3).filter((i) => i >= 40).length;
    }
    expect(added / (3 * runs)).toBeCloseTo(1 / 3, 1);
  });

  it('keeps what it can, takes each side in proportion, and leaves half of all items', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.nat(150), fc.nat(150), fc.nat(), (n, m, k, size, seed) => {
        const before = numbers(0, n);
        const first = drawTestSet(before, k, seededRandom(seed));
        const again = redrawTestSet(first, before, numbers(n, n + m), size, seededRandom(seed + 1));
        expect(new Set(again).size).toBe(again.length);
        expect(again).toHaveLength(Math.min(size, Math.floor((n + m) / 2)));
        const old = again.filter((i) => i < n);
        expect(Math.abs(old.length * (n + m) - again.length * n)).toBeLessThan(Math.max(1, n + m));
        // Those that were drawn first stay, in their order.
        const kept = again.filter((i) => first.includes(i));
        expect(kept).toEqual(first.slice(0, Math.min(first.length, old.length)));
      }),
    );
  });

  it('takes in nobody of before for the sake of rounding', () => {
    // A fifth of 244 is 48, and of 250 it is 50: 48.8 of them were to be of before.
    const first = drawTestSet(numbers(0, 244), 48, seededRandom(1));
    const again = redrawTestSet(first, numbers(0, 244), numbers(244, 250), 50, seededRandom(2));
    expect(again.filter((i) => i < 244)).toEqual(first);
  });

  it('only grows where nothing was added', () => {
    const first = drawTestSet(numbers(0, 100), 20, seededRandom(1));
    const again = redrawTestSet(first, numbers(0, 100), [], 30, seededRandom(2));
    expect(again.slice(0, 20)).toEqual(first);
    expect(again).toHaveLength(30);
  });
});

async function begun(count: number, testSize: number, calibrationSize = 0, learner = loose) {
  const log = new GrowingLog({ testSize, calibrationSize });
  const items = textItems(count);
  const split = await drawSplit(log.state(), items, learner, all);
  log.add(split);
  const slice = await drawCalibration(log.state(), split, items, learner, all);
  if (slice) log.add(slice);
  return { log, items };
}
function train(log: GrowingLog, rows: readonly number[]): void {
  const trainedOn = rows.map((row) => log.label(row, row % 2 ? 'a' : 'b'));
  const version = log.state().models.length + 1;
  const classes = [classId('a'), classId('b')];
  log.add({ kind: 'model-trained', version, encoder: 'e', backend: 'cpu', trainedOn, classes, lambda: 1, fitMs: 1 });
}
async function redrawn(log: GrowingLog, count: number, size: number, learner = loose): Promise<void> {
  for (const draft of await redrawSplit(log.state(), textItems(count), learner, all, size)) log.add(draft);
}

describe('the test set drawn again', () => {
  it('says what it was drawn from, and nothing where rows have changed since', async () => {
    const { log, items } = await begun(50, 10);
    expect(drawnCount(log.state(), textItems(80))).toBe(50);
    const merged = textItems(80).map((item) => (item.row === 49 ? { ...item, id: idOf(999) } : item));
    expect(drawnCount(log.state(), merged)).toBeNull();
    expect(drawnCount(log.state(), items.slice(0, 20))).toBeNull();
    const old = new GrowingLog();
    old.add({ kind: 'split-drawn', seed: 1, test: [idOf(3)], excluded: [] });
    expect(drawnCount(old.state(), items)).toBeNull();
    expect(parseEvents(JSON.parse(JSON.stringify(log.events)) as unknown[])).toEqual(log.events);
  });

  it('covers what came later, and gives the same set however often it is asked', async () => {
    const { log } = await begun(50, 10);
    const items = textItems(200);
    const next = redrawTest(log.state(), items, all, 20);
    expect(redrawTest(log.state(), items, all, 20)).toEqual(next);
    expect(next.filter((id) => Number.parseInt(id, 16) >= 50)).toHaveLength(15);
    await redrawn(log, 200, 20);
    expect([...log.state().test]).toEqual(next);
    expect(drawnCount(log.state(), items)).toBe(200);
    expect(testQueue(log.state())).toEqual(next);
  });

  it('gives labelled items that leave it to training, and takes trained ones in, with every checkpoint that saw them marked', async () => {
    const { log, items } = await begun(60, 12);
    const test = [...log.state().test];
    for (const id of test) log.label(Number.parseInt(id, 16), 'a');
    const pool = items.filter((item) => !log.state().test.has(item.id)).map((item) => item.row);
    train(log, pool.slice(0, 2));
    train(log, pool.slice(2, 40));
    expect(log.state().contaminated.size).toBe(0);
    await redrawn(log, 60, 28);
    const state = log.state();
    expect(test.every((id) => state.test.has(id))).toBe(true);
    const moved = pool.slice(0, 40).filter((row) => state.test.has(idOf(row)));
    expect(moved.length).toBeGreaterThan(2);
    const seen = (rows: number[]): boolean => rows.some((row) => state.test.has(idOf(row)));
    const expected = [pool.slice(0, 2), pool.slice(2, 40)].flatMap((rows, i) => (seen(rows) ? [i + 1] : []));
    expect([...state.contaminated]).toEqual(expected);
    const set = trainingSet(state, items, all);
    expect([...set.rows].some((row) => isHeldOut(state, idOf(row)))).toBe(false);
    expect(isUpToDate(state, set, 'e')).toBe(false);
    // With much more data most of it leaves again, and trains.
    await redrawn(log, 600, 28);
    const later = log.state();
    const left = test.filter((id) => !later.test.has(id));
    expect(left.length).toBeGreaterThan(5);
    expect(left.every((id) => partOf(later, id) === 'train')).toBe(true);
  });

  it('marks no checkpoint where only new items come in', async () => {
    const { log, items } = await begun(50, 10);
    train(
      log,
      items.filter((item) => !log.state().test.has(item.id)).map((item) => item.row),
    );
    await redrawn(log, 100, 20);
    expect(log.state().contaminated.size).toBe(0);
    expect([...log.state().test].filter((id) => Number.parseInt(id, 16) < 50)).toHaveLength(10);
  });

  it('asks for no pick of an open batch that is a test item now, or nearly one', async () => {
    const { log, items } = await begun(40, 4, 0, paired);
    const picks = candidates(log.state(), items, all).map(({ id }) => ({
      item: id,
      strategy: 'margin',
      utility: 1,
      reason: '',
    }));
    log.add({ kind: 'round-opened', round: 1, seed: 1, size: picks.length, picks });
    log.add({ kind: 'batch-selected', round: 1, strategy: 'margin', modelVersion: null, picks: [] });
    const before = batchQueue(log.state()).length;
    await redrawn(log, 40, 12, paired);
    const state = log.state();
    const queue = batchQueue(state).map((q) => q.pick.item);
    expect(queue.length).toBeLessThan(before);
    expect(queue.every((id) => partOf(state, id) === 'pool')).toBe(true);
    for (const id of queue) log.label(Number.parseInt(id, 16), 'a');
    expect(isBatchDone(log.state())).toBe(true);
  });

  it('draws the calibration slice again beside it, and lets go of what was near to the earlier ones', async () => {
    const { log } = await begun(80, 8, 12, paired);
    await redrawn(log, 300, 12, paired);
    const state = log.state();
    expect(state.test.size).toBe(12);
    expect(state.calibration.size).toBe(12);
    expect([...state.calibration].some((id) => state.test.has(id))).toBe(false);
    expect([...state.calibration].filter((id) => Number.parseInt(id, 16) >= 80).length).toBeGreaterThan(6);
    const held = new Set([...state.test, ...state.calibration].map((id) => Number.parseInt(id, 16)));
    expect([...state.excluded].map((id) => Number.parseInt(id, 16)).sort((a, b) => a - b)).toEqual(
      [...held]
        .map((row) => row ^ 1)
        .filter((row) => !held.has(row))
        .sort((a, b) => a - b),
    );
  });
});
