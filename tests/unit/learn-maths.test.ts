import { describe, expect, it } from 'vitest';
import { bootstrapInterval, wilsonInterval } from '../../src/domain/intervals.ts';
import { kMeans } from '../../src/domain/kmeans.ts';
import { fitLogistic, fitStandardiser, standardise } from '../../src/domain/logistic.ts';
import { classificationReport, cohenKappa } from '../../src/domain/metrics.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { crossValidateC } from '../../src/domain/regularisation.ts';
import { automaticTestSize, drawTestSet } from '../../src/domain/split.ts';

/** Gaussian blobs, one per class. */
function blobs(n: number, dim: number, classes: number, spread: number): { x: Float32Array; y: Int32Array } {
  const random = seededRandom(5);
  const centres = Float32Array.from({ length: classes * dim }, () => random.normal());
  const y = Int32Array.from({ length: n }, (_, i) => i % classes);
  const x = Float32Array.from({ length: n * dim }, (_, k) => {
    const row = Math.floor(k / dim);
    return (centres[(y[row] ?? 0) * dim + (k % dim)] ?? 0) + spread * random.normal();
  });
  return { x, y };
}

describe('logistic regression', () => {
  it('is at a minimum: the gradient by finite differences is flat', () => {
    const [n, dim, classes, lambda] = [40, 3, 3, 0.1];
    const { x, y } = blobs(n, dim, classes, 1);
    const z = standardise(x, n, dim, fitStandardiser(x, n, dim));
    const fit = fitLogistic(z, y, n, dim, classes, lambda, { maxIterations: 200, tolerance: 1e-6 });
    const loss = (weights: Float64Array): number => {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const logits = Array.from({ length: classes }, (_, c) => {
          let v = fit.bias[c] ?? 0;
          for (let d = 0; d < dim; d++) v += (z[i * dim + d] ?? 0) * (weights[d * classes + c] ?? 0);
          return v;
        });
        sum += Math.log(logits.reduce((s, v) => s + Math.exp(v), 0)) - (logits[y[i] ?? 0] ?? 0);
      }
      return sum / n + (lambda / 2) * weights.reduce((s, w) => s + w * w, 0);
    };
    expect(loss(fit.weights)).toBeCloseTo(fit.loss, 8);
    for (let k = 0; k < fit.weights.length; k++) {
      const up = Float64Array.from(fit.weights);
      const down = Float64Array.from(fit.weights);
      up[k] = (up[k] ?? 0) + 1e-4;
      down[k] = (down[k] ?? 0) - 1e-4;
      expect(Math.abs(loss(up) - loss(down)) / 2e-4).toBeLessThan(1e-3);
    }
  });

  it('separates blobs, and survives one class, one label a class and constant features', () => {
    const { x, y } = blobs(200, 8, 4, 0.3);
    const z = standardise(x, 200, 8, fitStandardiser(x, 200, 8));
    const fit = fitLogistic(z, y, 200, 8, 4, 0.01);
    let hits = 0;
    for (let i = 0; i < 200; i++) {
      const scores = Array.from({ length: 4 }, (_, c) => {
        let v = fit.bias[c] ?? 0;
        for (let d = 0; d < 8; d++) v += (z[i * 8 + d] ?? 0) * (fit.weights[d * 4 + c] ?? 0);
        return v;
      });
      if (scores.indexOf(Math.max(...scores)) === y[i]) hits++;
    }
    expect(hits).toBeGreaterThan(190);
    const flat = new Float32Array(24).fill(2);
    const zeros = standardise(flat, 3, 8, fitStandardiser(flat, 3, 8));
    for (const classes of [1, 3]) {
      const labels = classes === 1 ? new Int32Array(3) : Int32Array.of(0, 1, 2);
      const { weights, bias } = fitLogistic(zeros, labels, 3, 8, classes, 0.1);
      expect([...weights, ...bias].every(Number.isFinite)).toBe(true);
    }
  });

  it('chooses the same regularisation for the same labels and seed', () => {
    const { x, y } = blobs(120, 10, 3, 2);
    const z = standardise(x, 120, 10, fitStandardiser(x, 120, 10));
    const choice = crossValidateC(z, y, 120, 10, 3, seededRandom(1));
    const c = choice?.c;
    expect([1, 10, 100]).toContain(c);
    expect(crossValidateC(z, y, 120, 10, 3, seededRandom(1))).toEqual(choice);
  });
});

describe('k-means', () => {
  it('finds well separated blobs', () => {
    const { x, y } = blobs(90, 5, 3, 0.05);
    const { assignment } = kMeans(x, 90, 5, 3, seededRandom(2));
    const pairs = new Set(Array.from(assignment, (a, i) => `${a}-${y[i] ?? 0}`));
    expect(pairs.size).toBe(3);
  });
  it('takes more clusters than rows and identical rows', () => {
    expect(kMeans(new Float32Array(8).fill(1), 4, 2, 9, seededRandom(1)).k).toBe(4);
  });
  it('moves centres to where the weight is, and lets rows without weight have none', () => {
    const x = Float32Array.of(0, 1, 10, 11, 500);
    const weights = Float64Array.of(1, 3, 2, 2, 0);
    for (const seed of [1, 2, 3]) {
      const { centres, assignment } = kMeans(x, 5, 1, 2, seededRandom(seed), { weights });
      expect([...centres].sort((a, b) => a - b).map((c) => Math.round(c * 1e6) / 1e6)).toEqual([0.75, 10.5]);
      expect(assignment[4]).toBe(assignment[3]);
    }
  });
});

describe('metrics', () => {
  it('agrees with numbers worked out by hand', () => {
    const report = classificationReport([0, 0, 1, 1, 2], [0, 1, 1, 1, 0], 4);
    expect(report.accuracy).toBeCloseTo(0.6, 12);
    expect(report.perClass[0]).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
    expect(report.perClass[2]).toEqual({ precision: null, recall: 0, f1: 0, support: 1 });
    expect(report.perClass[3]).toEqual({ precision: null, recall: null, f1: null, support: 0 });
    expect(report.macroF1).toBeCloseTo((0.5 + 0.8 + 0) / 3, 12);
    expect(cohenKappa([0, 0, 1, 1], [0, 1, 1, 1], 2)).toBeCloseTo(0.5, 12);
    expect(cohenKappa([0, 0], [0, 0], 2)).toBeNull();
  });
  it('gives Wilson’s interval', () => {
    const { low, high } = wilsonInterval(90, 100);
    expect(low).toBeCloseTo(0.8256, 4);
    expect(high).toBeCloseTo(0.9448, 4);
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
  it('bootstraps an interval around the mean', () => {
    const values = Array.from({ length: 100 }, (_, i) => i % 2);
    const mean = (s: Int32Array): number => s.reduce((sum, i) => sum + (values[i] ?? 0), 0) / s.length;
    const { low, high } = bootstrapInterval(100, mean, seededRandom(1), 500);
    expect(low).toBeGreaterThan(0.38);
    expect(low).toBeLessThan(0.45);
    expect(high).toBeGreaterThan(0.55);
    expect(high).toBeLessThan(0.62);
  });
});

describe('test set', () => {
  it('is distinct, leaves a pool, and is uniform', () => {
    const ids = Array.from({ length: 20 }, (_, i) => i);
    const counts = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      const drawn = drawTestSet(ids, 5, seededRandom(seed));
      expect(new Set(drawn).size).toBe(5);
      for (const id of drawn) counts[id] = (counts[id] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(100);
    expect(drawTestSet(ids, 100, seededRandom(1))).toHaveLength(10);
    expect(drawTestSet([1], 5, seededRandom(1))).toEqual([]);
    expect([0, 1, 2, 15, 30, 50, 200, 5000].map(automaticTestSize)).toEqual([0, 0, 1, 7, 10, 10, 40, 100]);
  });
});
