import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../../src/domain/events.ts';
import type { Item } from '../../src/domain/item.ts';
import { drawSplit, extendSplit } from '../../src/loop/draw-split.ts';
import { openNextRound } from '../../src/loop/open-round.ts';
import type { Learner, SelectRequest } from '../../src/loop/learner-ports.ts';
import { batchQueue, candidates, isBatchDone, testQueue } from '../../src/loop/queue.ts';
import { selectBatch } from '../../src/loop/select-batch.ts';
import { helperRows, isUpToDate, trainingSet } from '../../src/loop/training-set.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

const all = (): boolean => true;
type Draft<K extends EventDraft['kind']> = Extract<EventDraft, { kind: K }>;

/** A learner to which each row's next neighbour (row + 1) is a near-duplicate. */
function chained(rows: number): Learner {
  const fake: Pick<Learner, 'nearDuplicates'> = {
    nearDuplicates: (anchors) =>
      Promise.resolve(anchors.map((r) => r + 1).filter((r) => r < rows && !anchors.includes(r))),
  };
  return fake as Learner;
}
const withSplit = async (log: GrowingLog, items: Item[]): Promise<Draft<'split-drawn'>> => {
  const draft = (await drawSplit(log.state(), items, chained(items.length), all)) as Draft<'split-drawn'>;
  log.add(draft);
  return draft;
};

describe('the test set', () => {
  it('is drawn from embedded items, the same for the same seed, with near-duplicates kept out', async () => {
    const items = textItems(40);
    const isEven = (item: Item): boolean => item.row % 2 === 0;
    const log = new GrowingLog();
    const draft = (await drawSplit(log.state(), items, chained(40), isEven)) as Draft<'split-drawn'>;
    expect(draft.test).toHaveLength(4);
    expect(draft.test.every((id) => Number.parseInt(id, 16) % 2 === 0)).toBe(true);
    expect(draft.excluded).toEqual([]); // the neighbours are odd and not embedded
    expect(await drawSplit(new GrowingLog().state(), items, chained(40), isEven)).toEqual(draft);
    const whole = (await drawSplit(log.state(), items, chained(40), all)) as Draft<'split-drawn'>;
    const rows = whole.test.map((id) => Number.parseInt(id, 16));
    const neighbours = rows.map((r) => r + 1).filter((r) => r < 40 && !rows.includes(r));
    expect([...whole.excluded].sort()).toEqual(neighbours.map(idOf).sort());
  });

  it('stays as it is when items are added, and takes their near-duplicates out of pool and training', async () => {
    const log = new GrowingLog();
    const before = textItems(20);
    const { test, excluded } = await withSplit(log, before);
    expect(await extendSplit(log.state(), before, chained(20), all)).toBeNull();
    // The last test item gets a neighbour that was not there before: a copy of row 20 and up.
    const more = textItems(24);
    const copies: Learner = {
      nearDuplicates: () => Promise.resolve(Int32Array.from([21, 23])),
    } as Partial<Learner> as Learner;
    const draft = (await extendSplit(log.state(), more, copies, all)) as Draft<'split-drawn'>;
    expect(draft.test).toEqual(test);
    expect([...draft.excluded].sort()).toEqual([...excluded, idOf(21), idOf(23)].sort());
    log.label(21, 'a', 'import');
    log.label(22, 'b', 'import');
    log.add(draft);
    const state = log.state();
    expect([...trainingSet(state, more, all).rows]).toEqual([22]);
    expect(candidates(state, more, all).map((i) => i.row)).not.toContain(23);
    expect([...helperRows(state, more, all)]).not.toContain(21);
    expect(testQueue(state)).toEqual(test);
    expect(await extendSplit(state, more, copies, all)).toBeNull();
  });
});

describe('items that mostly look alike', () => {
  it('stay in the pool: an encoder that tells nothing apart keeps nothing out', async () => {
    const items = textItems(30);
    const alike = {
      nearDuplicates: (anchors: Int32Array) =>
        Promise.resolve(Int32Array.from(items.map((i) => i.row).filter((row) => !anchors.includes(row)))),
    } as Partial<Learner> as Learner;
    const log = new GrowingLog();
    const draft = (await drawSplit(log.state(), items, alike, all)) as Draft<'split-drawn'>;
    expect(draft.excluded).toEqual([]);
    log.add(draft);
    expect(candidates(log.state(), items, all)).toHaveLength(26);
    expect(await extendSplit(log.state(), items, alike, all)).toBeNull();
  });
});

describe('a round', () => {
  it('opens, asks the strategy, from the first model on after a random share, and is done when all is decided', async () => {
    const log = new GrowingLog();
    const items = textItems(30);
    await withSplit(log, items);
    const pool = candidates(log.state(), items, all);
    const opened = openNextRound(log.state(), pool, true) as Draft<'round-opened'>;
    // Nothing asks for anything before the first model: chance has nothing to make up for.
    expect([opened.round, opened.size, opened.picks.length]).toEqual([1, 5, 0]);
    expect(openNextRound(log.state(), pool, true)).toEqual(opened);
    log.add(opened);
    const requests: SelectRequest[] = [];
    const learner: Partial<Learner> = {
      select: (request) => {
        requests.push(request);
        const rows = [...request.candidates].slice(0, request.count);
        return Promise.resolve({ picks: rows.map((row) => ({ row, utility: 1, reason: 'r' })), selectMs: 0 });
      },
    };
    const select = async (): Promise<void> => {
      const state = log.state();
      const round = state.rounds.at(-1);
      if (!round) throw new Error('no round');
      const left = candidates(state, items, all);
      log.add(await selectBatch(state, round, left, items, trainingSet(state, items, all), learner as Learner));
    };
    await select();
    expect(requests[0]).toMatchObject({ strategy: 'random', count: 5, namedClasses: 2 });
    expect(isBatchDone(log.state())).toBe(false);
    const queue = batchQueue(log.state());
    expect(queue).toHaveLength(5);
    queue.forEach(({ pick }, i) => log.label(Number.parseInt(pick.item, 16), i % 2 ? 'a' : 'b'));
    expect(isBatchDone(log.state())).toBe(true);

    const set = trainingSet(log.state(), items, all);
    expect(set.classes).toEqual(['a', 'b']);
    expect([...set.rows]).toEqual([...set.rows].sort((a, b) => a - b));
    expect(isUpToDate(log.state(), set, 'e1')).toBe(false);
    const trained = { trainedOn: set.events, classes: set.classes, lambda: 1, fitMs: 1, backend: 'cpu' } as const;
    log.add({ kind: 'model-trained', version: 1, encoder: 'e1', ...trained });
    expect(isUpToDate(log.state(), set, 'e1')).toBe(true);
    expect(isUpToDate(log.state(), set, 'e2')).toBe(false);
    const next = openNextRound(log.state(), candidates(log.state(), items, all), false) as Draft<'round-opened'>;
    expect([next.round, next.size, next.picks.length]).toEqual([2, 5, 1]);
    expect(openNextRound(log.state(), candidates(log.state(), items, all), false)).toEqual(next);
    log.add(next);
    await select();
    expect(requests[1]).toMatchObject({ strategy: 'margin', count: 4, classNames: ['a', 'b'] });
    const drawn = Number.parseInt(next.picks[0]?.item ?? '', 16);
    expect([...(requests[1]?.candidates ?? [])]).not.toContain(drawn);
    expect([...(requests[1]?.batchRows ?? [])]).toEqual([drawn]);
    expect(log.state().rounds.at(-1)).toMatchObject({ round: 2, strategy: 'margin', modelVersion: 1 });
    // A label taken back: the checkpoint no longer stands for what is labelled.
    log.add({ kind: 'retract', target: set.events[0] ?? log.label(1, 'a') });
    expect(log.state().activeModel).toBeNull();
    expect(isUpToDate(log.state(), trainingSet(log.state(), items, all), 'e1')).toBe(false);
  });

  it('is as small as the pool that is left', async () => {
    const log = new GrowingLog({ testSize: 2, batchSize: 50, randomShare: 0.5 });
    const items = textItems(5);
    await withSplit(log, items);
    const pool = candidates(log.state(), items, all);
    const opened = openNextRound(log.state(), pool, true) as Draft<'round-opened'>;
    expect(opened.size).toBe(pool.length);
    const later = openNextRound(log.state(), pool, false) as Draft<'round-opened'>;
    expect(new Set(later.picks.map((p) => p.item)).size).toBe(Math.round(pool.length / 2));
  });
});
