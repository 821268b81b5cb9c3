import { expect, it } from 'vitest';
import type { HiddenLayer } from '../../src/domain/head.ts';
import { headProbabilities } from '../../src/domain/head-maths.ts';
import { plainProducts } from '../../src/domain/logistic-kernels.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { plainStationary } from '../../src/domain/stationary-matrix.ts';
import { mostLikely } from '../../src/domain/uncertainty.ts';
import type { SelectRequest } from '../../src/loop/learner-ports.ts';
import { formCommittee } from '../../src/platform/learner/form-committee.ts';
import { HeadFitter } from '../../src/platform/learner/head-fitter.ts';
import { stationaryEngine } from '../../src/platform/wasm/stationary-engine.ts';

const [ROWS, DIM, CLASSES] = [90, 6, 3];
const engine = stationaryEngine('cpu', plainStationary);
const all = Int32Array.from({ length: ROWS }, (_, i) => i);
const labels = all.map((i) => i % CLASSES);

/** Three groups that lie close together, far from the origin, in features of small spread. */
function farGroups() {
  const random = seededRandom(4);
  const data = Float32Array.from(
    { length: ROWS * DIM },
    (_, at) => 5 + 0.02 * ((labels[Math.floor(at / DIM)] ?? 0) === at % CLASSES ? 1 : 0) + 0.004 * random.normal(),
  );
  return engine.pool(data, ROWS, DIM);
}

it.each(['bootstrap', 'dropout'] as const)(
  'members by %s see features as the head does: centred and scaled, they mostly agree with it',
  async (kind) => {
    const pool = farGroups();
    const fitter = new HeadFitter(plainProducts, plainStationary);
    const request = { rows: all, labels, classCount: CLASSES, seed: 1, c: 10 };
    const head = await fitter.fit(pool, request, engine);
    expect(Math.abs(head.mean[0] ?? 0)).toBeGreaterThan(1);
    const select = { labelledRows: all, labels, seed: 7 } as unknown as SelectRequest;
    const committee = formCommittee(pool, head, kind, 8, select, engine.compute, plainProducts);
    const rough = await committee.probabilities(all);
    const exact = committee.exactProbabilities(all);
    const own = headProbabilities(head, pool.data, all);
    let agreed = 0;
    exact.forEach((p, m) => {
      for (let i = 0; i < ROWS; i++) {
        if (mostLikely(p, i, CLASSES) === mostLikely(own, i, CLASSES)) agreed++;
        const float = rough.subarray((i * 8 + m) * CLASSES, (i * 8 + m + 1) * CLASSES);
        float.forEach((value, c) => expect(value).toBeCloseTo(p[i * CLASSES + c] ?? NaN, 3));
      }
    });
    // A third would agree by chance. Dropout hides three features of four.
    expect(agreed / (8 * ROWS)).toBeGreaterThan(kind === 'bootstrap' ? 0.95 : 0.6);
  },
);

it('members behind a hidden layer share it and mostly agree with the head', async () => {
  const pool = farGroups();
  const random = seededRandom(2);
  const fitter = new HeadFitter(plainProducts, plainStationary);
  const linear = await fitter.fit(pool, { rows: all, labels, classCount: CLASSES, seed: 1, c: 10 }, engine);
  // Two units for each feature, its positive and its negative part: what follows can be the linear head.
  const units = 2 * DIM;
  const weights = new Float32Array(DIM * units);
  for (let d = 0; d < DIM; d++) {
    weights[d * units + 2 * d] = 1;
    weights[d * units + 2 * d + 1] = -1;
  }
  const hidden: HiddenLayer = { weights, bias: new Float32Array(units) };
  const outer = new Float32Array(units * CLASSES);
  for (let d = 0; d < DIM; d++) {
    for (let c = 0; c < CLASSES; c++) {
      const w = linear.weights[d * CLASSES + c] ?? 0;
      outer[2 * d * CLASSES + c] = w;
      outer[(2 * d + 1) * CLASSES + c] = -w;
    }
  }
  const head = { ...linear, weights: outer, hidden };
  const select = { labelledRows: all, labels, seed: Math.floor(1000 * random.next()) } as unknown as SelectRequest;
  const committee = formCommittee(pool, head, 'bootstrap', 8, select, engine.compute, plainProducts);
  const own = headProbabilities(head, pool.data, all);
  let agreed = 0;
  for (const p of committee.exactProbabilities(all))
    for (let i = 0; i < ROWS; i++) if (mostLikely(p, i, CLASSES) === mostLikely(own, i, CLASSES)) agreed++;
  expect(agreed / (8 * ROWS)).toBeGreaterThan(0.9);
});
