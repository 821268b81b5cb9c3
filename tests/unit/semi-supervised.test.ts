import { describe, expect, it } from 'vitest';
import { fitSets } from '../../src/domain/fit-sets.ts';
import { headProbabilities } from '../../src/domain/head-maths.ts';
import { UNKNOWN } from '../../src/domain/membership.ts';
import { fitSemiSupervisedSets } from '../../src/domain/semi-supervised-sets.ts';
import { fitLogistic } from '../../src/domain/logistic.ts';
import { coordinatesOf, fitPoolBasis, smoothRow } from '../../src/domain/neighbourhood.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { fitSemiSupervised, type SampleViews } from '../../src/domain/semi-supervised.ts';
import { fromSpan, spanFactor } from '../../src/domain/span.ts';
import { leadingAxes } from '../../src/domain/subspace.ts';

function gaussian(n: number, dim: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: n * dim }, () => random.normal());
}

describe('span coordinates', () => {
  it('solve the same ridge problem as the rows themselves', () => {
    const [n, dim, classes] = [12, 40, 3];
    const z = gaussian(n, dim, 1);
    const y = Int32Array.from({ length: n }, (_, i) => i % classes);
    const direct = fitLogistic(z, y, n, dim, classes, 0.05, { maxIterations: 500, tolerance: 1e-7 });
    const factor = spanFactor(z, n, dim);
    const inside = fitLogistic(factor, y, n, n, classes, 0.05, { maxIterations: 500, tolerance: 1e-7 });
    expect(inside.loss).toBeCloseTo(direct.loss, 6);
    const weights = fromSpan(factor, inside.weights, z, n, dim, classes);
    const gap = weights.reduce((most, w, i) => Math.max(most, Math.abs(w - (direct.weights[i] ?? NaN))), 0);
    expect(gap).toBeLessThan(1e-3);
  });
});

describe('leading axes', () => {
  it('are orthonormal and find the directions of most spread', () => {
    const [n, dim] = [200, 30];
    const z = gaussian(n, dim, 2);
    for (let i = 0; i < n; i++) {
      z[i * dim + 7] = (z[i * dim + 7] ?? 0) * 9;
      z[i * dim + 19] = (z[i * dim + 19] ?? 0) * 5;
    }
    const { axes, width } = leadingAxes(z, n, dim, 4, seededRandom(3));
    expect(width).toBe(4);
    const column = (k: number): number[] => Array.from({ length: dim }, (_, d) => axes[d * width + k] ?? NaN);
    const dot = (a: number[], b: number[]): number => a.reduce((sum, v, d) => sum + v * (b[d] ?? NaN), 0);
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) expect(dot(column(a), column(b))).toBeCloseTo(a === b ? 1 : 0, 6);
    }
    expect(Math.abs(column(0)[7] ?? 0)).toBeGreaterThan(0.98);
    expect(Math.abs(column(1)[19] ?? 0)).toBeGreaterThan(0.95);
  });

  it('come back fewer when the rows span less', () => {
    const z = Float64Array.from({ length: 20 * 6 }, (_, i) => (i % 6 === 2 ? Math.floor(i / 6) - 9.5 : 0));
    const { axes, width } = leadingAxes(z, 20, 6, 5, seededRandom(1));
    expect(width).toBe(1);
    expect(Math.abs(axes[2] ?? 0)).toBeCloseTo(1, 6);
  });
});

describe('smoothing over neighbours', () => {
  it('mixes a row half and half with the weighted mean of its nearest references', () => {
    const references = Float32Array.of(0, 1, -1, 0);
    const own = Float32Array.of(Math.SQRT1_2, Math.SQRT1_2);
    // The first reference has weight 0.707, the second none; the mean is (0, 1), the mix (0.354, 0.854).
    const mixed = smoothRow(own, references, [0, 1], 2);
    expect(mixed[0]).toBeCloseTo(0.3827, 3);
    expect(mixed[1]).toBeCloseTo(0.9239, 3);
  });

  it('leaves a row without neighbours as it is, and a zero row finite', () => {
    expect([...smoothRow(Float32Array.of(0.6, 0.8), new Float32Array(), [], 2)]).toEqual([
      expect.closeTo(0.6, 6),
      expect.closeTo(0.8, 6),
    ]);
    expect([...smoothRow(new Float32Array(2), Float32Array.of(1, 0), [0], 2)]).toEqual([0, 0]);
  });
});

/** Three blobs in 20 dimensions; each row's smoothed view is pulled half-way to its own blob's centre. */
function blobs(n: number, seed: number): { x: Float32Array; smoothed: Float32Array; y: Int32Array } {
  const random = seededRandom(seed);
  const centres = gaussian(3, 20, 99);
  const y = Int32Array.from({ length: n }, (_, i) => i % 3);
  const x = new Float32Array(n * 20);
  const smoothed = new Float32Array(n * 20);
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < 20; d++) {
      const centre = centres[(i % 3) * 20 + d] ?? 0;
      const value = centre + 2.5 * random.normal();
      x[i * 20 + d] = value;
      smoothed[i * 20 + d] = 0.3 * value + 0.7 * centre;
    }
  }
  return { x, smoothed, y };
}

const pool = blobs(600, 4);
const test = blobs(900, 5);
const basis = fitPoolBasis(pool.x, 600, 20, seededRandom(6));
const views = (from: number, to: number): SampleViews => ({
  count: to - from,
  smoothed: pool.smoothed.slice(from * 20, to * 20),
  coordinates: coordinatesOf(
    basis,
    pool.x,
    Int32Array.from({ length: to - from }, (_, i) => i + from),
  ),
});
const mean = new Float64Array(20);
for (let k = 0; k < 600 * 20; k++) mean[k % 20] = (mean[k % 20] ?? 0) + (pool.smoothed[k] ?? 0) / 600;

describe('semi-supervised head', () => {
  it('beats logistic regression on the same few labels when neighbours agree', () => {
    const y = pool.y.slice(0, 9);
    const head = fitSemiSupervised(views(0, 9), y, 3, views(9, 600), mean, basis);
    const accuracy = (
      weights: ArrayLike<number>,
      bias: ArrayLike<number>,
      of: (i: number, d: number) => number,
    ): number => {
      let right = 0;
      for (let i = 0; i < 900; i++) {
        const logits = [0, 1, 2].map((c) => {
          let sum = bias[c] ?? NaN;
          for (let d = 0; d < 20; d++) sum += of(i, d) * (weights[d * 3 + c] ?? NaN);
          return sum;
        });
        if (logits.indexOf(Math.max(...logits)) === test.y[i]) right++;
      }
      return right / 900;
    };
    const z = Float64Array.from(pool.x.slice(0, 9 * 20));
    const plain = fitLogistic(z, y, 9, 20, 3, 20 / 90);
    const own = accuracy(plain.weights, plain.bias, (i, d) => test.x[i * 20 + d] ?? NaN);
    const semi = accuracy(
      head.weights,
      head.bias,
      (i, d) => ((test.x[i * 20 + d] ?? NaN) - (basis.mean[d] ?? NaN)) * basis.scale,
    );
    expect(semi).toBeGreaterThan(own + 0.05);
  });

  it('stays finite with one class, a constant pool and no spread', () => {
    const flat = new Float32Array(60 * 4).fill(0.5);
    const basis = fitPoolBasis(flat, 60, 4, seededRandom(1));
    const view: SampleViews = {
      count: 60,
      smoothed: flat,
      coordinates: coordinatesOf(
        basis,
        flat,
        Int32Array.from({ length: 60 }, (_, i) => i),
      ),
    };
    for (const classes of [1, 2]) {
      const y = Int32Array.from({ length: 60 }, (_, i) => i % classes);
      const head = fitSemiSupervised(view, y, classes, view, new Float64Array(4).fill(0.5), basis);
      expect([...head.weights, ...head.bias].every(Number.isFinite)).toBe(true);
    }
  });
});

describe('semi-supervised head where an item can have several classes', () => {
  /** A row of blob b has class b and, if b is 0 or 1, class 3 as well. */
  const setsOf = (y: Int32Array): Uint8Array =>
    Uint8Array.from({ length: y.length * 4 }, (_, k) => {
      const [blob, c] = [y[k >> 2] ?? 0, k % 4];
      return blob === c || (c === 3 && blob < 2) ? 1 : 0;
    });
  const given = 18;
  const targets = setsOf(pool.y.slice(0, given));
  const right = (head: Parameters<typeof headProbabilities>[0]): number => {
    const rows = Int32Array.from({ length: 900 }, (_, i) => i);
    const truth = setsOf(test.y);
    const p = headProbabilities(head, test.x, rows);
    return p.filter((value, k) => value >= (head.thresholds?.[k % 4] ?? 1) === (truth[k] === 1)).length / truth.length;
  };
  const facts = { dim: 20, mean: basis.mean, scale: basis.scale };

  it('beats one logistic regression per class on the same few labels, and is the same each time', () => {
    const fit = () => fitSemiSupervisedSets(views(0, given), targets, 4, views(given, 600), mean, basis, 7);
    const head = fit();
    expect(fit()).toEqual(head);
    expect(head.thresholds).toHaveLength(4);
    const plain = fitSets(pool.x.slice(0, given * 20), targets, given, 20, 4, 7);
    expect(right({ ...facts, ...head })).toBeGreaterThan(right(plain) + 0.02);
  });

  it('copes with a class that is unknown for most, one that all have, and one row', () => {
    const odd = targets.map((t, k) => (k % 4 === 0 ? (k < 12 ? t : UNKNOWN) : k % 4 === 1 ? 1 : t));
    for (const n of [1, 3, given]) {
      const of = odd.slice(0, n * 4);
      const head = fitSemiSupervisedSets(views(0, n), of, 4, views(given, 600), mean, basis, 7);
      expect([...head.weights, ...head.bias, ...(head.thresholds ?? [NaN])].every(Number.isFinite)).toBe(true);
    }
  });
});
