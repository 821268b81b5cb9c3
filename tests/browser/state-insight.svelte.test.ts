import { expect, test } from 'vitest';
import { classId } from '../../src/domain/ids.ts';
import type { TrainRequest } from '../../src/loop/learner-ports.ts';
import { InsightState } from '../../src/state/insight.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

/** Twenty labels, a on even rows and b on odd ones, and `models` checkpoints on them. */
function project(models: number, guess: (row: number) => number) {
  const items = textItems(60);
  const log = new GrowingLog();
  log.add({ kind: 'split-drawn', seed: 1, test: [idOf(59)], excluded: [] });
  const trainedOn = items.slice(0, 20).map(({ row }) => log.label(row, row % 2 === 0 ? 'a' : 'b'));
  const classes = [classId('a'), classId('b')];
  for (let version = 1; version <= models; version++)
    log.add({ kind: 'model-trained', version, encoder: 'e', backend: 'cpu', trainedOn, classes, lambda: 1, fitMs: 1 });
  let asked = 0;
  const session = {
    state: log.state(),
    items,
    encoding: { has: () => true, key: 'e' },
    evaluation: { report: null },
    learning: {
      withLearner: (task: (l: unknown) => Promise<unknown>) =>
        task({
          tryHead: (_: TrainRequest, rows: Int32Array) => {
            asked++;
            return Promise.resolve(rows.map(guess));
          },
        }),
    },
    fail: (error: unknown) => {
      throw error;
    },
  };
  return { insight: new InsightState(session as unknown as ProjectSession), asked: () => asked };
}

test('a first model that has learnt nothing is noticed while labelling, before its questions cost many labels', async () => {
  const { insight, asked } = project(1, () => 0);
  expect(insight.isGuessing).toBe(false);
  await insight.lookAtSeed();
  expect(insight.isGuessing).toBe(true);
  expect(insight.seedEstimate).toMatchObject({ n: 20, accuracy: 0.5, chance: 0.5 });
  // Once for each checkpoint.
  const before = asked();
  await insight.lookAtSeed();
  expect(asked()).toBe(before);
});

test('a first model that has learnt something is not called guessing, and later ones are not looked at', async () => {
  const good = project(1, (row) => row % 2);
  await good.insight.lookAtSeed();
  expect(good.insight.seedEstimate?.accuracy).toBe(1);
  expect(good.insight.isGuessing).toBe(false);
  const later = project(2, () => 0);
  await later.insight.lookAtSeed();
  expect([later.asked(), later.insight.isGuessing]).toEqual([0, false]);
});
