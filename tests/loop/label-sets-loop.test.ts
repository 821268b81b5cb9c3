import { describe, expect, it } from 'vitest';
import type { WinnowEvent } from '../../src/domain/events.ts';
import { ProjectFold } from '../../src/domain/fold.ts';
import type { ProjectState } from '../../src/domain/project-state.ts';
import { eventId, itemId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import { whyTaskIsFixed } from '../../src/domain/task.ts';
import type { FittedHead, Learner, SelectRequest, TrainRequest } from '../../src/loop/learner-ports.ts';
import { selectBatch } from '../../src/loop/select-batch.ts';
import { trainHead } from '../../src/loop/train-head.ts';
import { isUpToDate, trainingSet } from '../../src/loop/training-set.ts';

const hex = (n: number) => itemId(n.toString(16).padStart(64, '0'));
const items = Array.from({ length: 20 }, (_, row) => ({ id: hex(row), row }) as Item);
const FITTED: FittedHead = {
  dim: 1,
  mean: new Float32Array(1),
  scale: 1,
  weights: new Float32Array(2),
  bias: new Float32Array(2),
  lambda: 1,
  thresholds: Float32Array.of(0.5, 0.25),
  fitMs: 2,
};

/** A project with classes a and b, the given sets on items 0, 1, ..., and a round that waits for its batch. */
function log(strategy: string, ...sets: readonly string[][]): WinnowEvent[] {
  const events: object[] = [
    {
      kind: 'project-created',
      format: 2,
      name: 'P',
      modality: 'text',
      seed: 1,
      settings: { task: 'multi', testSize: 0, batchSize: 5, randomShare: 0, strategy, coldStart: 'max-herding' },
      hasReference: false,
    },
    schema(false),
    { kind: 'split-drawn', seed: 1, test: [], excluded: [] },
    ...sets.map((classIds, i) => ({ kind: 'label-set', item: hex(i), classIds, annotator: 'me', suggestions: null })),
  ];
  events.push({ kind: 'round-opened', round: 1, seed: 1, size: 5, picks: [] });
  return events.map((e, i) => ({ id: eventId(`e${i}`), seq: i + 1, at: 0, ...e }) as WinnowEvent);
}
function schema(isBHidden: boolean): object {
  const classes = ['a', 'b'].map((id) => ({ id, name: id, key: null, guideline: '', colour: 0 }));
  const both = classes.map((c) => ({ ...c, isHidden: c.id === 'b' && isBHidden }));
  return { kind: 'schema-changed', schema: { version: 2, classes: both } };
}
const stateOf = (events: readonly WinnowEvent[]): ProjectState => ProjectFold.of(events).state();
const after = (events: readonly WinnowEvent[], ...more: readonly object[]): WinnowEvent[] => [
  ...events,
  ...more.map((e, i) => ({ id: eventId(`m${i}`), seq: 50 + i, at: 0, ...e }) as WinnowEvent),
];

/** Trains on the sets and returns the log with the checkpoint, and what the learner was asked. */
async function trained(events: readonly WinnowEvent[]): Promise<{ events: WinnowEvent[]; asked: TrainRequest[] }> {
  const asked: TrainRequest[] = [];
  const learner = {
    train: (request: TrainRequest) => {
      asked.push(request);
      return Promise.resolve(FITTED);
    },
  } as unknown as Learner;
  const state = stateOf(events);
  const set = trainingSet(state, items, () => true);
  const { head, event } = await trainHead(state, set, new Int32Array(), 'enc', 'cpu', learner);
  expect(head.thresholds).toEqual(FITTED.thresholds);
  return { events: after(events, event), asked };
}

async function strategyOf(events: readonly WinnowEvent[]): Promise<{ strategy: string; modelVersion: number | null }> {
  const asked: SelectRequest[] = [];
  const learner = {
    select: (request: SelectRequest) => {
      asked.push(request);
      return Promise.resolve({ picks: [], selectMs: 1 });
    },
  } as unknown as Learner;
  const state = stateOf(events);
  const set = trainingSet(state, items, () => true);
  const round = state.rounds[0];
  if (!round) throw new Error('no round');
  const draft = await selectBatch(state, round, items.slice(10), items, set, learner);
  if (draft.kind !== 'batch-selected') throw new Error('no batch');
  expect(asked[0]?.strategy).toBe(draft.strategy);
  return { strategy: draft.strategy, modelVersion: draft.modelVersion };
}

describe('training on sets', () => {
  it('asks for one logistic regression per class, with what is known of each item', async () => {
    const { asked } = await trained(log('uherding', ['a'], [], ['a', 'b']));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ classCount: 2, labels: new Int32Array() });
    expect([...(asked[0]?.targets ?? [])]).toEqual([1, 0, 0, 0, 1, 1]);
  });

  it('is not needed again for the same labels, and is when a class is hidden', async () => {
    const { events } = await trained(log('uherding', ['a'], [], ['a', 'b']));
    const isFresh = (list: readonly WinnowEvent[]): boolean => {
      const state = stateOf(list);
      return isUpToDate(
        state,
        trainingSet(state, items, () => true),
        'enc',
      );
    };
    expect(isFresh(events)).toBe(true);
    expect(isFresh(after(events, schema(true)))).toBe(false);
  });
});

describe('picking where an item can have several classes', () => {
  it('starts cold until some class is present in one item and absent in another', async () => {
    const cold = { strategy: 'max-herding', modelVersion: null };
    expect(await strategyOf(log('uherding', [], []))).toEqual(cold);
    expect(await strategyOf((await trained(log('uherding', ['a'], ['a']))).events)).toEqual(cold);
    const warm = (await trained(log('uherding', ['a'], []))).events;
    expect(await strategyOf(warm)).toEqual({ strategy: 'uherding', modelVersion: 1 });
  });

  it('takes the default strategy in place of one that makes no sense of sets', async () => {
    const { events } = await trained(log('least-confidence', ['a'], []));
    expect((await strategyOf(events)).strategy).toBe('uherding');
    const margin = await trained(log('margin', ['a'], []));
    expect((await strategyOf(margin.events)).strategy).toBe('margin');
  });
});

describe('the kind of project', () => {
  it('can change before the first label; afterwards a sentence says why not', () => {
    expect(whyTaskIsFixed(stateOf(log('uherding')))).toBeNull();
    expect(whyTaskIsFixed(stateOf(log('uherding', [])))).toMatch(/any number of classes.*can’t change any more/);
    expect(whyTaskIsFixed({ isTaskFixed: true, task: 'single' })).toMatch(/has one class.*can’t change any more/);
  });
});
