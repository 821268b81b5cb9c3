import { describe, expect, it } from 'vitest';
import type { EventDraft, WinnowEvent } from '../../src/domain/events.ts';
import { ProjectFold } from '../../src/domain/fold.ts';
import { isHeldOut, partOf } from '../../src/domain/project-state.ts';
import type { Item } from '../../src/domain/item.ts';
import { parseEvents } from '../../src/formats/validate-events.ts';
import { drawCalibration, drawSplit, extendSplit } from '../../src/loop/draw-split.ts';
import { mergeEvents } from '../../src/loop/merge-events.ts';
import type { Learner } from '../../src/loop/learner-ports.ts';
import { calibrationQueue, candidates, testQueue } from '../../src/loop/queue.ts';
import { helperRows, trainingSet } from '../../src/loop/training-set.ts';
import { EVENTS_FORMAT_2 } from '../fixtures/events-format-2.ts';
import { EVENTS_FORMAT_3 } from '../fixtures/events-format-3.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

const all = (): boolean => true;
const rowOf = (id: string): number => Number.parseInt(id, 16);
const parse = (lines: string): WinnowEvent[] =>
  parseEvents(lines.split('\n').map((line) => JSON.parse(line) as unknown));

/** A learner to which rows 2k and 2k + 1 are near-duplicates. */
const paired = {
  nearDuplicates: (anchors: Int32Array) =>
    Promise.resolve(anchors.map((r) => r ^ 1).filter((r) => !anchors.includes(r))),
} as Partial<Learner> as Learner;

async function drawn(calibrationSize: number, items: Item[] = textItems(80)) {
  const log = new GrowingLog({ testSize: 8, calibrationSize });
  const split = await drawSplit(log.state(), items, paired, all);
  log.add(split);
  const slice = await drawCalibration(log.state(), split, items, paired, all);
  if (slice) log.add(slice);
  return { log, split, slice: slice as Extract<EventDraft, { kind: 'calibration-drawn' }> | null, items };
}

describe('the calibration slice', () => {
  it('is absent unless it is asked for, and leaves the test set as it would be without', async () => {
    const without = await drawn(0);
    expect(without.slice).toBeNull();
    expect(without.log.state().calibration.size).toBe(0);
    const withSlice = await drawn(12);
    expect(withSlice.split).toEqual(without.split);
    expect(withSlice.slice?.items).toHaveLength(12);
    expect((await drawn(12)).slice).toEqual(withSlice.slice);
  });

  it('is disjoint from the test set, and no copy straddles test set, slice and pool', async () => {
    const { log, items } = await drawn(12);
    const state = log.state();
    const kinds = new Map(items.map((item) => [item.row, partOf(state, item.id)]));
    for (let row = 0; row < 80; row += 2) {
      const pair = [kinds.get(row), kinds.get(row + 1)].filter((part) => part !== 'excluded');
      expect(new Set(pair).size).toBe(1);
    }
    expect([...kinds.values()].filter((k) => k === 'test')).toHaveLength(8);
    expect([...kinds.values()].filter((k) => k === 'calibration')).toHaveLength(12);
  });

  it('is neither queried nor trained on, nor does it help to train', async () => {
    const { log, items } = await drawn(12);
    for (const item of items) log.label(item.row, item.row % 2 === 0 ? 'a' : 'b', 'import');
    const state = log.state();
    const isFree = (row: number): boolean => partOf(state, idOf(row)) === 'train';
    expect(trainingSet(state, items, all).rows.every(isFree)).toBe(true);
    expect(helperRows(state, items, all).every(isFree)).toBe(true);
    expect(helperRows(state, items, all).length).toBeGreaterThan(20);
    const { log: bare } = await drawn(12);
    const pool = candidates(bare.state(), items, all);
    expect(pool.some((item) => isHeldOut(bare.state(), item.id))).toBe(false);
    expect(calibrationQueue(bare.state())).toEqual([...bare.state().calibration]);
    expect(testQueue(bare.state())).toHaveLength(8);
  });

  it('leaves a pool in small projects, and is left out where an item can have several classes', async () => {
    expect((await drawn(1000, textItems(21))).log.state().calibration.size).toBeLessThanOrEqual(6);
    const log = new GrowingLog({ testSize: 8, calibrationSize: 12, task: 'multi' });
    const items = textItems(80);
    const split = await drawSplit(log.state(), items, paired, all);
    expect(await drawCalibration(log.state(), split, items, paired, all)).toBeNull();
  });

  it('keeps later copies of its items out of the pool', async () => {
    const { log, slice } = await drawn(12);
    const [first = ''] = slice?.items ?? [];
    const copy = {
      nearDuplicates: (anchors: Int32Array) =>
        Promise.resolve(anchors.includes(rowOf(first)) ? Int32Array.of(85) : new Int32Array()),
    } as Partial<Learner> as Learner;
    const more = textItems(90);
    const draft = await extendSplit(log.state(), more, copy, all);
    if (!draft) throw new Error('nothing was extended');
    log.add(draft);
    expect(partOf(log.state(), idOf(85))).toBe('excluded');
    expect([...log.state().calibration]).toEqual(slice?.items);
  });

  it('with copies everywhere does not let later copies of test items into the pool', async () => {
    const { log, slice, split } = await drawn(12);
    const [tested = ''] = split.test;
    const [calibrating = ''] = slice?.items ?? [];
    const crowded = {
      nearDuplicates: (anchors: Int32Array) =>
        Promise.resolve(
          Int32Array.from([
            ...(anchors.includes(rowOf(tested)) ? [85] : []),
            ...(anchors.includes(rowOf(calibrating)) ? Array.from({ length: 90 }, (_, row) => row) : []),
          ]),
        ),
    } as Partial<Learner> as Learner;
    const draft = await extendSplit(log.state(), textItems(90), crowded, all);
    if (!draft) throw new Error('nothing was extended');
    log.add(draft);
    expect(partOf(log.state(), idOf(85))).toBe('excluded');
    expect(partOf(log.state(), idOf(86))).toBe('pool');
  });

  it('keeps its copies out of the pool when a split that another person drew is merged in later', async () => {
    const { log, slice } = await drawn(12);
    const own = new Set(slice?.excluded);
    expect(own.size).toBeGreaterThan(0);
    log.add({ kind: 'split-drawn', seed: 9, test: [...log.state().test], excluded: [] });
    expect([...own].every((id) => log.state().excluded.has(id))).toBe(true);
  });
});

describe('event format 3 (frozen)', () => {
  it('folds to a project with a slice', () => {
    const state = ProjectFold.of(parse(EVENTS_FORMAT_3)).state();
    expect([...state.calibration].map(rowOf)).toEqual([3, 4]);
    expect([...state.excluded].map(rowOf)).toEqual([2, 5]);
    expect([1, 2, 3, 6].map((row) => partOf(state, idOf(row)))).toEqual(['test', 'excluded', 'calibration', 'pool']);
    expect(state.settings).toMatchObject({ calibrationSize: 2, queryTemperature: 'cross-validated' });
    expect(state.settings.stopping?.metric).toBe('macroF1');
  });

  it('an older log has no slice', () => {
    expect(ProjectFold.of(parse(EVENTS_FORMAT_2)).state().calibration.size).toBe(0);
  });

  it('refuses a slice that is no list and a temperature that is none', () => {
    const lines = EVENTS_FORMAT_3.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const refuse = (at: number, change: object): void => {
      expect(() => parseEvents(lines.map((line, i) => (i === at ? { ...line, ...change } : line)))).toThrow(
        `Entry ${at + 1}`,
      );
    };
    refuse(3, { items: 'all' });
    refuse(6, { temperature: 0 });
  });

  it('merges: what one machine tests, the other does not calibrate on', () => {
    const log = parse(EVENTS_FORMAT_3);
    const base = { at: 0, seed: 1, excluded: [] };
    const other = [
      ...log.slice(0, 2),
      { ...base, kind: 'split-drawn', id: 'z03', seq: 3, test: [idOf(3)] } as unknown as WinnowEvent,
      { ...base, kind: 'calibration-drawn', id: 'a04', seq: 4, items: [idOf(1)] } as unknown as WinnowEvent,
    ];
    const merged = mergeEvents(log, other);
    expect(merged).toEqual(mergeEvents(other, log));
    const { test, calibration } = ProjectFold.of(merged).state();
    expect([...test].map(rowOf)).toEqual([3]);
    expect([...calibration].map(rowOf)).toEqual([4]);
  });
});
