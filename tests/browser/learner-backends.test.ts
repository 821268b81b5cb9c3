import { expect, it } from 'vitest';
import type { Backend, ModelKind } from '../../src/domain/events.ts';
import { LEAST_HIDDEN_LABELS } from '../../src/domain/fit-hidden.ts';
import { seededRandom } from '../../src/domain/random.ts';
import type { FittedHead, PoolScores } from '../../src/loop/learner-ports.ts';
import { strategies } from '../../src/strategies/index.ts';
import { LocalLearner } from '../../src/platform/learner/local-learner.ts';

const [ROWS, DIM, CLASSES, LABELLED] = [700, 48, 6, 90];

/** Overlapping blobs of unit-length rows, and the class of each. */
function pool(): { data: Float32Array; classOf: Int32Array } {
  const random = seededRandom(21);
  const centres = Float32Array.from({ length: CLASSES * DIM }, () => random.normal());
  const classOf = Int32Array.from({ length: ROWS }, () => random.below(CLASSES));
  const data = new Float32Array(ROWS * DIM);
  for (let i = 0; i < ROWS; i++) {
    let norm = 0;
    for (let d = 0; d < DIM; d++) {
      const value = (centres[(classOf[i] ?? 0) * DIM + d] ?? 0) + 1.5 * random.normal();
      data[i * DIM + d] = value;
      norm += value * value;
    }
    for (let d = 0; d < DIM; d++) data[i * DIM + d] = (data[i * DIM + d] ?? 0) / Math.sqrt(norm);
  }
  return { data, classOf };
}

const GUARDED = ['margin', 'k-center'];

/** @param helpers rows that may help the head without a label; none trains the plain head, or one with a hidden layer */
async function round(
  backend: Backend,
  helpers: Int32Array | undefined,
  model: ModelKind = 'linear',
): Promise<{ head: FittedHead; scores: PoolScores; picks: Record<string, unknown> }> {
  const { data, classOf } = pool();
  const learner = new LocalLearner();
  const info = await learner.open(backend);
  expect(info).toEqual({ backend, fallback: null });
  await learner.load(data, ROWS, DIM);
  const labelled = model === 'hidden' ? LEAST_HIDDEN_LABELS : LABELLED;
  const rows = Int32Array.from({ length: labelled }, (_, i) => i);
  const labels = rows.map((row) => classOf[row] ?? 0);
  const head = await learner.train({
    rows,
    labels,
    classCount: CLASSES,
    seed: 4,
    model,
    ...(helpers ? { pool: helpers } : {}),
  });
  const scores = await learner.score();
  const asked = {
    count: 20,
    seed: 9,
    candidates: Int32Array.from({ length: ROWS - labelled }, (_, i) => i + labelled),
    labelledRows: rows,
    labels,
    classNames: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
  };
  const picks: Record<string, unknown> = {};
  for (const { id: strategy } of strategies) {
    picks[strategy] = (await learner.select({ ...asked, strategy })).picks;
  }
  for (const strategy of helpers ? [] : GUARDED) {
    const selection = await learner.select({
      ...asked,
      strategy,
      candidates: asked.candidates.slice(0, -5),
      batchRows: Int32Array.from({ length: 5 }, (_, i) => ROWS - 5 + i),
      guards: { nearDuplicates: 0.4, skipsOutliers: true, quotas: [{ column: 2, atLeast: 8 }] },
    });
    picks[`${strategy} guarded`] = selection.picks;
  }
  // At a cross-validated temperature, a committee's too.
  for (const strategy of ['margin', 'uherding', 'vote-entropy']) {
    const temperature = { seed: 4, model, ...(helpers ? { pool: helpers } : {}) };
    const selection = await learner.select({ ...asked, strategy, temperature });
    // With just enough labels for a hidden layer the folds have too few: theirs says nothing of it.
    if (model === 'hidden') expect(selection.temperature).toBe(1);
    else expect(selection.temperature).not.toBe(1);
    picks[`${strategy} tempered`] = { picks: selection.picks, temperature: selection.temperature };
  }
  learner.stop();
  return { head, scores, picks };
}

/** Every strategy on three backends, one of them a graphics card in software. */
const PATIENCE_MS = 400_000;

it.each([
  ['the plain head', undefined, 'linear'],
  ['the semi-supervised head', Int32Array.from({ length: ROWS - 100 }, (_, i) => i), 'linear'],
  ['a head with a hidden layer', undefined, 'hidden'],
] as const)(
  'gives the same head, picks and scores on WebGPU, WASM and CPU: %s',
  { timeout: PATIENCE_MS },
  async (name, helpers, model) => {
    const cpu = await round('cpu', helpers, model);
    expect(cpu.head.hidden !== undefined).toBe(model === 'hidden');
    if (helpers) expect(cpu.head.lambda, name).toBe(5e-3);
    for (const backend of ['wasm', 'webgpu'] as const) {
      const other = await round(backend, helpers, model);
      expect(other.head.weights).toEqual(cpu.head.weights);
      expect(other.head.hidden).toEqual(cpu.head.hidden);
      expect(other.head.lambda).toBe(cpu.head.lambda);
      expect(other.picks).toEqual(cpu.picks);
      let worst = 0;
      cpu.scores.topProbability.forEach((p, i) => {
        worst = Math.max(worst, Math.abs(p - (other.scores.topProbability[i] ?? NaN)));
      });
      expect(worst).toBeLessThan(1e-4);
    }
  },
);

it('takes one class and class counts up to 150', async () => {
  const learner = new LocalLearner();
  await learner.open('wasm');
  const { data } = pool();
  await learner.load(data, ROWS, DIM);
  const helpers = Int32Array.from({ length: ROWS }, (_, i) => i);
  for (const [classCount, unlabelled] of [1, 2, 150].flatMap((n) => [[n, []] as const, [n, helpers] as const])) {
    const rows = Int32Array.from({ length: 150 }, (_, i) => i);
    const labels = rows.map((r) => r % classCount);
    await learner.train({ rows, labels, classCount, seed: 1, pool: Int32Array.from(unlabelled) });
    const { topProbability } = await learner.score();
    expect(topProbability.every((p) => p > 0 && p <= 1.000001)).toBe(true);
  }
});
