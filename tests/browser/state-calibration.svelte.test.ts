import { expect, test } from 'vitest';
import { classId, type ItemId } from '../../src/domain/ids.ts';
import { CalibrationState } from '../../src/state/calibration.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

/** A labelled slice of 40 items, and a model that another one follows while it is asked for the first time. */
function project(onFirstAnswer: (train: () => void) => void) {
  const items = textItems(60);
  const log = new GrowingLog();
  log.add({ kind: 'split-drawn', seed: 1, test: [idOf(59)], excluded: [] });
  log.add({ kind: 'calibration-drawn', seed: 1, items: items.slice(0, 40).map((i) => i.id), excluded: [] });
  for (const { row } of items.slice(0, 40)) log.label(row, row % 2 ? 'a' : 'b');
  let changes = $state(0);
  const asked: number[] = [];
  const trainedOn = [log.label(50, 'a'), log.label(51, 'b')];
  const train = (): void => {
    const version = log.live().models.length + 1;
    const classes = [classId('a'), classId('b')];
    log.add({ kind: 'model-trained', version, encoder: 'e', backend: 'cpu', trainedOn, classes, lambda: 1, fitMs: 1 });
    changes++;
  };
  train();
  const session = {
    get state() {
      void changes; // What is read from the log depends on it.
      return log.live();
    },
    encoding: { has: () => true, key: 'e' },
    itemById: (id: ItemId) => items.find((item) => item.id === id),
    learning: {
      withLearner: async (task: (l: unknown, model: unknown) => Promise<unknown>) => {
        const model = log.live().activeModel;
        asked.push(model?.version ?? 0);
        const answer = await task({ probabilities: (rows: Int32Array) => sure(rows) }, model);
        if (asked.length === 1) onFirstAnswer(train);
        return answer;
      },
    },
  };
  const redraw = (): void => {
    const slice = items.slice(20, 58).map((i) => i.id);
    log.add({ kind: 'split-drawn', seed: 2, test: [idOf(58), idOf(59)], excluded: [] });
    log.add({ kind: 'calibration-drawn', seed: 2, items: slice, excluded: [] });
    changes++;
  };
  return { redraw, calibration: new CalibrationState(session as unknown as ProjectSession), log, asked };
}

/** Sure of itself, and right three times of four. */
function sure(rows: Int32Array): Promise<Float32Array> {
  return Promise.resolve(
    Float32Array.from([...rows].flatMap((row) => (row % 8 < 2 === (row % 2 === 1) ? [0.01, 0.99] : [0.99, 0.01]))),
  );
}

test('a model that comes while the slice is asked about is asked too: what is exported next is calibrated', async () => {
  const { calibration, log, asked } = project((train) => train());
  await calibration.refresh();
  expect(asked).toEqual([1, 2]);
  expect(log.live().activeModel?.version).toBe(2);
  expect(calibration.temperature).toBeGreaterThan(1);
});

test('a model that has been asked is not asked again', async () => {
  const { calibration, asked } = project(() => undefined);
  await Promise.all([calibration.refresh(), calibration.refresh()]);
  await calibration.refresh();
  expect(asked).toEqual([1]);
});

test('a slice that is drawn again is asked about again, and no model that learnt from it gives a temperature', async () => {
  const { calibration, redraw, log, asked } = project(() => undefined);
  await calibration.refresh();
  expect(calibration.temperature).toBeGreaterThan(1);
  redraw();
  expect(log.live().contaminated).toEqual(new Set([1]));
  expect(calibration.temperature).toBeNull();
  await calibration.refresh();
  expect(asked).toEqual([1, 1]);
  expect(calibration.temperature).toBeNull();
});
