import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitSets } from '../../src/domain/fit-sets.ts';
import { classesAbove, foldHead, headProbabilities, sigmoid } from '../../src/domain/head-maths.ts';
import { ABSENT, PRESENT, UNKNOWN } from '../../src/domain/membership.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { classDoubt, meanBinaryEntropy, meanDoubt, nearestDoubt } from '../../src/domain/set-uncertainty.ts';
import { fitSigmoids } from '../../src/domain/sigmoid-head.ts';
import { bestThreshold } from '../../src/domain/thresholds.ts';

const [N, DIM, CLASSES, LAMBDA] = [60, 5, 3, 0.05];
const x = Float64Array.from({ length: N * DIM }, (_, k) => Math.sin(1 + 7.3 * Math.floor(k / DIM) + 2.1 * (k % DIM)));
const targets = Uint8Array.from({ length: N * CLASSES }, (_, k) => {
  const [i, c] = [Math.floor(k / CLASSES), k % CLASSES];
  let sum = 0.6 * Math.sin(11 * i);
  for (let d = 0; d < DIM; d++) sum += (x[i * DIM + d] ?? 0) * Math.cos(3.7 * d + 1.9 * c);
  return sum > ([0.3, 0.9, -0.2][c] ?? 0) ? PRESENT : ABSENT;
});

/**
 * scikit-learn 1.2.1 on the same rows, made once with
 *   OneVsRestClassifier(LogisticRegression(C=1 / (0.05 * 60), tol=1e-12, max_iter=100000)).fit(X, Y)
 * for X[i, d] = sin(1 + 7.3 i + 2.1 d) and Y = X @ cos(3.7 d + 1.9 c) + 0.6 sin(11 i) > [0.3, 0.9, -0.2].
 */
const WEIGHTS = [
  [0.676041, -1.065896, 0.400186, 0.661832, -1.068432],
  [0.602658, 0.431277, -1.038115, 0.6169, 0.415236],
  [-1.025136, 0.822056, 0.195112, -1.019059, 0.833824],
];
const BIAS = [-0.249577, -1.70793, 0.245102];
const PROBABILITIES = [
  [0.612492, 0.56689, 0.167744],
  [0.937191, 0.223044, 0.048196],
  [0.895613, 0.039123, 0.213384],
  [0.33674, 0.023227, 0.863269],
];
/** The same for class 1 alone, fitted to the even rows with the same C. */
const EVEN = { weights: [0.469322, 0.43601, -0.909558, 0.482364, 0.422519], bias: -1.385933 };

const column = (weights: Float64Array, c: number): number[] =>
  Array.from({ length: DIM }, (_, d) => weights[d * CLASSES + c] ?? 0);
const near = (found: ArrayLike<number>, expected: readonly number[], digits = 4): void => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, digits));
};

describe('one logistic regression per class', () => {
  it('has the weights and probabilities of scikit-learn’s one-versus-rest', () => {
    expect([0, 1, 2].map((c) => targets.filter((t, k) => k % CLASSES === c && t === PRESENT).length)).toEqual([
      29, 14, 31,
    ]);
    const { weights, bias } = fitSigmoids(x, targets, N, DIM, CLASSES, LAMBDA, { tolerance: 1e-9 });
    WEIGHTS.forEach((w, c) => near(column(weights, c), w));
    near(bias, BIAS);
    const head = {
      dim: DIM,
      mean: new Float32Array(DIM),
      scale: 1,
      weights: Float32Array.from(weights),
      bias: Float32Array.from(bias),
      thresholds: new Float32Array(CLASSES).fill(0.5),
    };
    near(headProbabilities(head, Float32Array.from(x), Int32Array.of(0, 1, 2, 3)), PROBABILITIES.flat());
  });

  it('learns a class from the rows that are known for it alone', () => {
    const half = targets.map((t, k) => (k % CLASSES === 1 && Math.floor(k / CLASSES) % 2 === 1 ? UNKNOWN : t));
    const { weights, bias } = fitSigmoids(x, half, N, DIM, CLASSES, LAMBDA, { tolerance: 1e-9 });
    near(column(weights, 1), EVEN.weights);
    expect(bias[1]).toBeCloseTo(EVEN.bias, 4);
    near(column(weights, 0), WEIGHTS[0] ?? []);
  });

  it('has the same solution in the span of few rows as in the space of many features', () => {
    const rows = 8;
    const wide = 40;
    const random = seededRandom(3);
    const z = Float64Array.from({ length: rows * wide }, () => random.normal());
    const few = targets.slice(0, rows * CLASSES);
    const { weights, bias, loss } = fitSigmoids(z, few, rows, wide, CLASSES, 0.5, { tolerance: 1e-9 });
    // The gradient of the whole problem vanishes there, by finite differences of the loss written out.
    const lossAt = (w: Float64Array, b: Float64Array): number => {
      let sum = 0;
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < CLASSES; c++) {
          let logit = b[c] ?? 0;
          for (let d = 0; d < wide; d++) logit += (z[i * wide + d] ?? 0) * (w[d * CLASSES + c] ?? 0);
          sum -= Math.log(few[i * CLASSES + c] === PRESENT ? sigmoid(logit) : 1 - sigmoid(logit)) / rows;
        }
      }
      return sum + 0.25 * w.reduce((a, v) => a + v * v, 0);
    };
    const constant = [0, 1, 2].filter((c) => new Set(few.filter((_, k) => k % CLASSES === c)).size === 1);
    expect(constant).toEqual([]);
    expect(loss).toBeCloseTo(lossAt(weights, bias), 6);
    for (const k of [0, 17, 50, 119]) {
      const step = (h: number): number =>
        lossAt(
          weights.map((v, i) => (i === k ? v + h : v)),
          bias,
        );
      expect((step(1e-5) - step(-1e-5)) / 2e-5).toBeCloseTo(0, 5);
    }
  });

  it('a class without an example, or without a counter-example, keeps the share by Laplace’s rule', () => {
    const odd = targets.map((t, k) => (k % CLASSES === 0 ? ABSENT : k % CLASSES === 1 ? PRESENT : t));
    const { weights, bias } = fitSigmoids(x, odd, N, DIM, CLASSES, LAMBDA);
    expect([...column(weights, 0), ...column(weights, 1)].every((w) => w === 0)).toBe(true);
    expect([sigmoid(bias[0] ?? 0), sigmoid(bias[1] ?? 0)].map((p) => p.toFixed(5))).toEqual([
      (1 / 62).toFixed(5),
      (61 / 62).toFixed(5),
    ]);
    near(column(weights, 2), WEIGHTS[2] ?? [], 3);
  });
});

describe('thresholds', () => {
  it('no other cut between the rows has a higher F1', () => {
    const row = fc.record({ p: fc.integer({ min: 10, max: 90 }).map((v) => v / 100), is: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { minLength: 10, maxLength: 60 }), (rows) => {
        const positives = rows.filter((r) => r.is).length;
        const f1 = (t: number): number => {
          const given = rows.filter((r) => r.p >= t);
          return (2 * given.filter((r) => r.is).length) / (given.length + positives);
        };
        const found = bestThreshold(
          rows.map((r) => r.p),
          rows.map((r) => r.is),
        );
        if (positives < 5 || rows.length - positives < 5) expect(found).toBe(0.5);
        else {
          const lowest = Math.min(...rows.map((r) => r.p));
          for (let t = lowest + 0.005; t < 1; t += 0.005) expect(f1(found)).toBeGreaterThanOrEqual(f1(t) - 1e-9);
        }
      }),
    );
  });

  it('a rare class whose examples lie at 0.2 to 0.3 gets a threshold below them', () => {
    const p = [...Array.from({ length: 40 }, (_, i) => i / 400), 0.2, 0.22, 0.25, 0.28, 0.3];
    expect(
      bestThreshold(
        p,
        p.map((v) => v >= 0.2),
      ),
    ).toBeCloseTo((39 / 400 + 0.2) / 2, 6);
  });

  it('stays at 0.5 with four examples, and where 0.5 is as good as any', () => {
    expect(bestThreshold([0.9, 0.8, 0.7, 0.6, 0.1, 0.1, 0.1, 0.1, 0.1], [1, 1, 1, 1, 0, 0, 0, 0, 0].map(Boolean))).toBe(
      0.5,
    );
    const p = [0.9, 0.8, 0.75, 0.7, 0.66, 0.3, 0.2, 0.1, 0.1, 0.1];
    expect(
      bestThreshold(
        p,
        p.map((v) => v > 0.5),
      ),
    ).toBe(0.5);
  });
});

describe('a whole head for sets', () => {
  const features = Float32Array.from(x);
  const head = fitSets(features, targets, N, DIM, CLASSES, 7);

  it('is the same for the same rows and seed, finite, and has a threshold for each class', () => {
    expect(fitSets(features, targets, N, DIM, CLASSES, 7)).toEqual(head);
    expect([...head.weights, ...head.bias].every(Number.isFinite)).toBe(true);
    expect(head.thresholds).toHaveLength(CLASSES);
    expect([...(head.thresholds ?? [])].every((t) => t >= 0.05 && t <= 0.95)).toBe(true);
  });

  it('folds to one affine map with the same probabilities', () => {
    const rows = Int32Array.of(5, 17);
    const { weights, bias } = foldHead(head);
    const plain = { ...head, mean: new Float32Array(DIM), scale: 1, weights, bias };
    near(headProbabilities(plain, features, rows), [...headProbabilities(head, features, rows)], 5);
  });

  it.each([
    ['one row', 1, 2],
    ['two equal rows', 2, 1],
    ['one class only', 30, 1],
  ])('copes with %s', (_, n, classes) => {
    const own = Uint8Array.from({ length: n * classes }, (_, k) => k % 2);
    const fit = fitSets(features.map((v) => (n === 2 ? 1 : v)).slice(0, n * DIM), own, n, DIM, classes, 1);
    expect([...fit.weights, ...fit.bias, ...(fit.thresholds ?? [NaN])].every(Number.isFinite)).toBe(true);
  });

  it('gives every class that reaches its threshold, also none', () => {
    expect(classesAbove([0.2, 0.5, 0.9, 0.1, 0.1, 0.1], 0, [0.2, 0.6, 0.5])).toEqual([0, 2]);
    expect(classesAbove([0.2, 0.5, 0.9, 0.1, 0.1, 0.1], 1, [0.2, 0.6, 0.5])).toEqual([]);
  });
});

describe('uncertainty of sets', () => {
  it('is highest at the threshold of a class, and shifts with it as the logit does', () => {
    expect(classDoubt(0.3, 0.3)).toBeCloseTo(1, 12);
    const shifted = sigmoid(Math.log(0.4 / 0.6) - Math.log(0.1 / 0.9));
    expect(classDoubt(0.4, 0.1)).toBeCloseTo(1 - Math.abs(2 * shifted - 1), 12);
    expect([classDoubt(0, 0.5), classDoubt(1, 0.5)]).toEqual([0, 0]);
  });

  it('is put together by mean and by the nearest class; entropy in bits', () => {
    const p = [0.9, 0.1, 0.5, 0.5, 0.25, 1];
    const half = [0.5, 0.5, 0.5];
    expect(meanDoubt(p, 0, half)).toBeCloseTo((0.2 + 0.2 + 1) / 3, 12);
    expect(nearestDoubt(p, 0, half)).toBe(1);
    expect(nearestDoubt(p, 1, [0.9, 0.9, 0.5])).toBeCloseTo(classDoubt(0.5, 0.9), 12);
    expect(meanBinaryEntropy(p, 1, 3)).toBeCloseTo((1 + 0.811278) / 3, 6);
  });
});
