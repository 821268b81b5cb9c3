import { expect, it } from 'vitest';
import type { Backend } from '../../src/domain/events.ts';
import { seededRandom } from '../../src/domain/random.ts';
import type { FittedHead } from '../../src/loop/learner-ports.ts';
import { LocalLearner } from '../../src/platform/learner/local-learner.ts';

const [ROWS, DIM, CLASSES, LABELLED, GROUPS] = [1200, 32, 5, 80, 12];
const COMMITTEES = ['vote-entropy', 'committee-kl', 'bald'];
const STRATEGIES = ['margin', 'entropy', 'margin-kmeans', 'uherding', 'max-herding', 'random', ...COMMITTEES];

/** Unit-length rows, in groups if asked for; class c is present where the row leans towards direction c: none or several. */
function pool(isGrouped = false): { data: Float32Array; targets: Uint8Array } {
  const random = seededRandom(5);
  const data = Float32Array.from({ length: ROWS * DIM }, () => random.normal());
  const centres = Float32Array.from({ length: GROUPS * DIM }, () => random.normal());
  if (isGrouped) {
    for (let k = 0; k < data.length; k++) {
      const group = Math.floor(k / DIM) % GROUPS;
      data[k] = 0.6 * (data[k] ?? 0) + (centres[group * DIM + (k % DIM)] ?? 0);
    }
  }
  const targets = new Uint8Array(ROWS * CLASSES);
  for (let i = 0; i < ROWS; i++) {
    const norm = Math.hypot(...data.subarray(i * DIM, (i + 1) * DIM));
    for (let d = 0; d < DIM; d++) data[i * DIM + d] = (data[i * DIM + d] ?? 0) / norm;
    for (let c = 0; c < CLASSES; c++) targets[i * CLASSES + c] = (data[i * DIM + c] ?? 0) > 0.04 * (c + 1) ? 1 : 0;
  }
  return { data, targets };
}

/** @param helpers rows that may help the head without a label */
async function round(
  backend: Backend,
  helpers: Int32Array = new Int32Array(),
): Promise<{
  head: FittedHead;
  tried: Int32Array;
  exact: Float32Array;
  picks: Record<string, unknown>;
}> {
  const { data, targets } = pool(helpers.length > 0);
  const learner = new LocalLearner();
  expect(await learner.open(backend)).toEqual({ backend, fallback: null });
  await learner.load(data, ROWS, DIM);
  const rows = Int32Array.from({ length: LABELLED }, (_, i) => i);
  const request = {
    rows,
    labels: new Int32Array(),
    targets: targets.slice(0, LABELLED * CLASSES),
    classCount: CLASSES,
    seed: 4,
    pool: helpers,
  };
  const head = await learner.train(request);
  const test = Int32Array.from({ length: 400 }, (_, i) => i + 800);
  const picks: Record<string, unknown> = {};
  for (const strategy of STRATEGIES) {
    const selection = await learner.select({
      strategy,
      count: 15,
      seed: 9,
      candidates: Int32Array.from({ length: ROWS - LABELLED }, (_, i) => i + LABELLED),
      labelledRows: rows,
      labels: new Int32Array(),
      targets: request.targets,
      classNames: Array.from({ length: CLASSES }, (_, c) => `class ${c}`),
    });
    picks[strategy] = selection.picks;
  }
  const exact = await learner.probabilities(test);
  const tried = await learner.tryHead(request, test);
  learner.stop();
  return { head, tried, exact, picks };
}

it.each([
  ['the plain head', undefined],
  ['the semi-supervised head', Int32Array.from({ length: 700 }, (_, i) => i)],
] as const)('gives the same head for sets, and the same picks, on WebGPU, WASM and CPU: %s', async (_name, helpers) => {
  const cpu = await round('cpu', helpers);
  expect(cpu.head.lambda === 5e-3).toBe(helpers !== undefined);
  for (const backend of ['wasm', 'webgpu'] as const) {
    const other = await round(backend, helpers);
    expect(other.head.weights).toEqual(cpu.head.weights);
    expect(other.head.thresholds).toEqual(cpu.head.thresholds);
    expect(other.exact).toEqual(cpu.exact);
    expect(other.tried).toEqual(cpu.tried);
    expect(other.picks).toEqual(cpu.picks);
  }
});

it('learns which classes rows have: better than giving every class, and none', async () => {
  const { head, tried, exact } = await round('wasm');
  const truth = pool().targets.slice(800 * CLASSES);
  const right = tried.filter((given, k) => given === truth[k]).length / tried.length;
  const present = truth.filter((t) => t === 1).length / truth.length;
  expect(right).toBeGreaterThan(Math.max(present, 1 - present) + 0.1);
  expect([...tried]).toEqual([...exact].map((p, k) => (p >= (head.thresholds?.[k % CLASSES] ?? 2) ? 1 : 0)));
});
