import { expect, test } from 'vitest';
import { classId, type ItemId } from '../../src/domain/ids.ts';
import type { Head } from '../../src/domain/head.ts';
import { EvaluationState } from '../../src/state/evaluation.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { TestSetState } from '../../src/state/test-set.svelte.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

const CLASSES = [classId('a'), classId('b')];

/** Forty items, of which 0 to 11 test and 20 to 29 train; what is even is of class a, and the model says so. */
function project() {
  const items = textItems(40);
  const log = new GrowingLog({ testSize: 12 });
  const drawnFrom = { count: 40, last: idOf(39) };
  log.add({ kind: 'split-drawn', seed: 1, test: items.slice(0, 12).map((i) => i.id), excluded: [], drawnFrom });
  for (let row = 0; row < 12; row++) log.label(row, row % 2 ? 'b' : 'a');
  let changes = $state(0);
  const train = (rows: number[]): Head => {
    const trainedOn = rows.map((row) => log.label(row, row % 2 ? 'b' : 'a'));
    const version = log.events.filter((e) => e.kind === 'model-trained').length + 1;
    const model = { version, encoder: 'e', trainedOn, classes: CLASSES, lambda: 1, fitMs: 1 };
    log.add({ kind: 'model-trained', backend: 'cpu', ...model });
    changes++;
    return { ...model, dim: 1 } as unknown as Head;
  };
  const heads = new Map<number, Head>();
  const session = {
    get state() {
      void changes; // What is read from the log depends on it.
      return log.live();
    },
    items,
    id: 'p',
    isReadOnly: false,
    encoding: { has: () => true, key: 'e', embedded: 40, isComplete: true },
    itemById: (id: ItemId) => items.find((item) => item.id === id),
    storage: { heads: { get: (_: string, version: number) => Promise.resolve(heads.get(version) ?? null) } },
    learning: {
      withLearner: (task: (l: unknown) => Promise<unknown>) =>
        task({
          probabilities: (rows: Int32Array) =>
            Promise.resolve(Float32Array.from([...rows].flatMap((row) => (row % 2 ? [0.1, 0.9] : [0.9, 0.1])))),
        }),
    },
    fail: (error: unknown) => {
      throw error;
    },
  } as unknown as ProjectSession;
  return {
    log,
    train: (rows: number[]) => {
      const head = train(rows);
      heads.set(head.version, head);
      return head;
    },
    redraw: (rows: number[]) => {
      log.add({ kind: 'split-drawn', seed: 2, test: rows.map(idOf), excluded: [], drawnFrom });
      changes++;
    },
    evaluation: new EvaluationState(session),
    testSet: new TestSetState(session),
  };
}

test('a model that learnt from what has become a test item has no number; one trained without it has', async () => {
  const { train, redraw, evaluation } = project();
  await evaluation.headTrained(train([20, 21, 22, 23]));
  await expect.poll(() => evaluation.report?.n).toBe(12);
  redraw([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20]);
  evaluation.labelsChanged();
  await expect.poll(() => evaluation.report).toBeNull();
  expect(evaluation.waiting).toBe('The model is trained again, without what it is tested on now.');
  await evaluation.headTrained(train([21, 22, 23]));
  await expect.poll(() => evaluation.report?.n).toBe(12);
  // Only the second one is on the curve, and it was asked about the item that came in.
  expect(evaluation.curve.map((p) => p.modelVersion)).toEqual([2]);
  expect(evaluation.output(2)?.items).toContain(idOf(20));
  expect(evaluation.output(1)).toBeUndefined();
});

test('labels that were given with a suggestion on screen are counted once they test', () => {
  const { log, redraw, testSet } = project();
  const suggestion = { classId: classId('a'), probability: 0.9 };
  const base = log.events.findLast((e) => e.kind === 'label');
  if (base?.kind !== 'label') throw new Error('no label');
  log.add({ ...base, item: idOf(30), round: 1, strategy: 'margin', modelVersion: 1, suggestion });
  redraw([0, 1, 2]);
  expect(testSet.guided).toBe(0);
  redraw([0, 1, 30]);
  expect(testSet.guided).toBe(1);
});

test('what drawing more would change is said before', () => {
  const { train, testSet } = project();
  train([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  const change = testSet.preview(20);
  expect(change).toMatchObject({ size: 20, kept: 12, keptLabelled: 12, incoming: 8, leavingLabelled: 0 });
  expect(change.fromTraining).toBeGreaterThan(0);
  expect(change.fromTraining).toBeLessThan(8);
  expect(testSet.preview(3).size).toBe(12);
  expect([testSet.least, testSet.most, testSet.uncovered]).toEqual([12, 20, 0]);
});
