import { describe, expect, it } from 'vitest';
import type { FittedHead, Learner, SelectRequest, TrainRequest } from '../../src/loop/learner-ports.ts';
import { fullPoolAccuracy, simulate, type Simulation } from '../../src/loop/simulate.ts';

const HEAD: FittedHead = {
  dim: 1,
  mean: new Float32Array(1),
  scale: 1,
  weights: new Float32Array(),
  bias: new Float32Array(),
  lambda: 1,
  fitMs: 2,
};

/** A learner that picks the lowest candidates and knows every row's class once that class is among its labels. */
class KnowingLearner {
  readonly selects: SelectRequest[] = [];
  readonly trains: TrainRequest[] = [];
  readonly #truth: Int32Array;

  constructor(truth: Int32Array) {
    this.#truth = truth;
  }
  select(request: SelectRequest): ReturnType<Learner['select']> {
    this.selects.push(request);
    const rows = [...request.candidates].slice(0, request.count);
    return Promise.resolve({ picks: rows.map((row) => ({ row, utility: 0, reason: '' })), selectMs: 1 });
  }
  train(request: TrainRequest): Promise<FittedHead> {
    this.trains.push(request);
    return Promise.resolve(HEAD);
  }
  probabilities(rows: Int32Array): Promise<Float32Array> {
    const last = this.trains.at(-1);
    const width = last?.classCount ?? 1;
    const out = new Float32Array(rows.length * width);
    rows.forEach((row, i) => (out[i * width + Math.min(width - 1, this.#truth[row] ?? 0)] = 1));
    return Promise.resolve(out);
  }
}

const truth = Int32Array.from({ length: 60 }, (_, i) => i % 3);
const plan: Simulation = {
  truth,
  classCount: 3,
  pool: Int32Array.from({ length: 40 }, (_, i) => i),
  test: Int32Array.from({ length: 20 }, (_, i) => i + 40),
  coldStart: 'cold',
  strategy: 'warm',
  batch: 8,
  budget: 30,
  randomShare: 0.25,
  noise: 0,
  c: 10,
  seed: 4,
};
const learnerOf = (knowing: KnowingLearner): Learner => knowing as unknown as Learner;

async function run(
  over: Partial<Simulation> = {},
): Promise<{ learner: KnowingLearner; labels: number[]; accuracies: number[] }> {
  const learner = new KnowingLearner(truth);
  const labels: number[] = [];
  const accuracies: number[] = [];
  for await (const round of simulate(learnerOf(learner), { ...plan, ...over })) {
    labels.push(round.labels);
    accuracies.push(round.accuracy);
  }
  return { learner, labels, accuracies };
}

describe('replaying a labelled set', () => {
  it('spends the budget batch by batch and never asks for or trains on a test row', async () => {
    const { learner, labels, accuracies } = await run();
    expect(labels).toEqual([8, 16, 24, 32]);
    expect(accuracies.at(-1)).toBe(1);
    for (const { candidates } of learner.selects) expect([...candidates].every((row) => row < 40)).toBe(true);
    for (const { rows } of learner.trains) expect([...rows].every((row) => row < 40)).toBe(true);
    expect(learner.selects.map((s) => s.strategy)).toEqual(['cold', 'warm', 'warm', 'warm']);
    // The random share takes its places after the cold start.
    expect(learner.selects.map((s) => s.count)).toEqual([8, 6, 6, 6]);
  });

  it('never labels a row twice, and is the same for the same seed', async () => {
    const { learner } = await run();
    const rows = [...(learner.trains.at(-1)?.rows ?? [])];
    expect(new Set(rows).size).toBe(rows.length);
    expect((await run()).learner.trains.at(-1)).toEqual(learner.trains.at(-1));
    expect((await run({ seed: 5 })).learner.trains.at(-1)?.rows).not.toEqual(learner.trains.at(-1)?.rows);
  });

  it('stays with the cold start while one class alone is labelled, and ends with the pool', async () => {
    const { learner, labels } = await run({ truth: new Int32Array(60), budget: 1000 });
    expect(new Set(learner.selects.map((s) => s.strategy))).toEqual(new Set(['cold']));
    expect(labels.at(-1)).toBe(40);
  });

  it('answers wrongly about as often as told', async () => {
    const { learner } = await run({ noise: 0.5, budget: 40 });
    const last = learner.trains.at(-1);
    const wrong = [...(last?.rows ?? [])].filter((row, i) => truth[row] !== last?.labels[i]).length;
    expect(wrong).toBeGreaterThan(8);
    expect(wrong).toBeLessThan(32);
  });

  it('takes the whole pool for the accuracy to compare with', async () => {
    const learner = new KnowingLearner(truth);
    expect(await fullPoolAccuracy(learnerOf(learner), plan)).toBe(1);
    expect(learner.trains[0]?.rows).toHaveLength(40);
  });
});
