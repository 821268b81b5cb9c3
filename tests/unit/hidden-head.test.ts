import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balancedWeights } from '../../src/domain/class-weights.ts';
import { enoughForHidden, fitHidden, SCHEDULE } from '../../src/domain/fit-hidden.ts';
import { foldHead, headProbabilities, hiddenUnits, outerHead } from '../../src/domain/head-maths.ts';
import { layoutOf, NetworkGradient } from '../../src/domain/hidden-network.ts';
import { fitLogistic } from '../../src/domain/logistic.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { plainStationary, type MakeStationary } from '../../src/domain/stationary-matrix.ts';
import { mostLikely } from '../../src/domain/uncertainty.ts';
import { wasmStationary } from '../../src/platform/wasm/wasm-matrix.ts';

/** The same products without rounding, so that small differences of the loss can be seen. */
const exactStationary: MakeStationary = (rows, cols) => {
  const data = new Float64Array(rows * cols);
  const at = (values: ArrayLike<number>, k: number): number => values[k] ?? NaN;
  const product = (of: (k: number, j: number) => number, width: number, out: Float32Array | Float64Array): void => {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < width; j++) {
        let sum = 0;
        for (let k = 0; k < cols; k++) sum += at(data, i * cols + k) * of(k, j);
        out[i * width + j] = sum;
      }
    }
  };
  return {
    data: data as unknown as Float32Array,
    times: (b, width, out) => product((k, j) => at(b, k * width + j), width, out),
    dots: (b, width, out) => product((k, j) => at(b, j * cols + k), width, out),
    release: () => undefined,
  };
};

const normals = (n: number, seed: number): Float64Array => {
  const random = seededRandom(seed);
  return Float64Array.from({ length: n }, () => random.normal());
};

/** Two classes that no line tells apart: the sign of a product of two features. */
function crossed(n: number, dim: number, seed: number): { z: Float64Array; y: Int32Array } {
  const z = normals(n * dim, seed);
  return { z, y: Int32Array.from({ length: n }, (_, i) => ((z[i * dim] ?? 0) * (z[i * dim + 1] ?? 0) > 0 ? 1 : 0)) };
}
const rowsOf = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

describe('gradient of a network with one hidden layer', () => {
  it('is that of finite differences, with left-out units, weights of rows and a smaller last batch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (seed, classes, isMasked) => {
          const shape = { dim: 4, units: 6, classes };
          const { end } = layoutOf(shape);
          const [z, theta] = [normals(9 * shape.dim, seed), normals(end, seed + 1)];
          const random = seededRandom(seed + 2);
          const batch = {
            z,
            rows: Int32Array.of(8, 2, 5),
            y: Int32Array.from({ length: 9 }, () => random.below(classes)),
            sampleWeights: Float64Array.from({ length: 9 }, () => 0.5 + random.next()),
            mask: isMasked ? Float64Array.from({ length: 3 * shape.units }, () => (random.next() < 0.5 ? 0 : 2)) : null,
          };
          const network = new NetworkGradient(shape, 4, exactStationary);
          const gradient = new Float64Array(end);
          network.at(theta, batch, gradient);
          const lossAt = (k: number, step: number): number =>
            network.at(
              theta.map((v, i) => (i === k ? v + step : v)),
              batch,
              new Float64Array(end),
            );
          for (let k = 0; k < end; k++) {
            const [near, far] = [1e-5, 2e-5].map((step) => (lossAt(k, step) - lossAt(k, -step)) / (2 * step)) as [
              number,
              number,
            ];
            // Where the two disagree a unit switches on or off in between: there is no one slope.
            if (Math.abs(near - far) < 1e-7) expect(gradient[k]).toBeCloseTo(near, 6);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('head with a hidden layer', () => {
  const [n, dim] = [600, 8];
  const { z, y } = crossed(n, dim, 1);
  const schedule = { ...SCHEDULE, units: 32 };
  const fit = (make: MakeStationary = plainStationary, seed = 3) =>
    fitHidden(z, y, n, dim, 2, seededRandom(seed), make, undefined, schedule);

  it('is the same, bit for bit, in TypeScript and WebAssembly, and another one with another seed', () => {
    const first = fit();
    expect(fit(wasmStationary)).toEqual(first);
    expect(fit(plainStationary, 4).weights).not.toEqual(first.weights);
  });

  it('learns what a linear head can not', () => {
    const test = crossed(500, dim, 2);
    const x = Float32Array.from(test.z);
    const facts = { dim, mean: new Float32Array(dim), scale: 1 };
    const accuracy = (p: Float64Array): number =>
      test.y.filter((c, i) => mostLikely(p, i, 2) === c).length / test.y.length;
    const linear = fitLogistic(z, y, n, dim, 2, 0.01);
    const line = { ...facts, weights: Float32Array.from(linear.weights), bias: Float32Array.from(linear.bias) };
    expect(accuracy(headProbabilities(line, x, rowsOf(500)))).toBeLessThan(0.65);
    expect(accuracy(headProbabilities({ ...facts, ...fit(wasmStationary) }, x, rowsOf(500)))).toBeGreaterThan(0.85);
  });

  it('predicts with all units: the same numbers each time, and those of its two layers', () => {
    const random = seededRandom(5);
    const floats = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
    const head = {
      dim: 5,
      mean: floats(5),
      scale: 1.7,
      hidden: { weights: floats(35), bias: floats(7) },
      weights: floats(21),
      bias: floats(3),
    };
    const x = floats(20);
    const rows = Int32Array.of(3, 0, 1);
    const p = headProbabilities(head, x, rows);
    expect(headProbabilities(head, x, rows)).toEqual(p);
    rows.forEach((row, i) => {
      const units = Array.from({ length: 7 }, (_, u) => {
        let sum = head.hidden.bias[u] ?? NaN;
        for (let d = 0; d < 5; d++) {
          sum +=
            ((x[row * 5 + d] ?? NaN) - (head.mean[d] ?? NaN)) * head.scale * (head.hidden.weights[d * 7 + u] ?? NaN);
        }
        return Math.max(0, sum);
      });
      const logits = [0, 1, 2].map((c) =>
        units.reduce((sum, unit, u) => sum + unit * (head.weights[u * 3 + c] ?? NaN), head.bias[c] ?? NaN),
      );
      const total = logits.reduce((sum, l) => sum + Math.exp(l), 0);
      logits.forEach((l, c) => expect(p[i * 3 + c]).toBeCloseTo(Math.exp(l) / total, 5));
    });
    const units = hiddenUnits(head, x, rows);
    expect(headProbabilities(outerHead(head), units, rowsOf(3))).toEqual(p);
    const folded = foldHead(head);
    const first = { dim: 5, mean: new Float32Array(5), scale: 1, ...folded };
    headProbabilities(first, x, rows).forEach((value, k) => expect(value).toBeCloseTo(p[k] ?? NaN, 5));
  });

  it.each([
    ['one class', 1, normals(40 * 6, 1)],
    ['two classes', 2, normals(40 * 6, 2)],
    ['150 classes, most with no label or one', 150, normals(40 * 6, 3)],
    ['rows without spread', 3, new Float64Array(40 * 6)],
    ['a feature without spread', 3, normals(40 * 6, 4).map((v, k) => (k % 6 === 2 ? 0 : v))],
  ])('stays finite: %s', (_name, classes, rows) => {
    const labels = Int32Array.from({ length: 40 }, (_, i) => (i * 7) % classes);
    const weights = balancedWeights(labels);
    const {
      hidden,
      weights: last,
      bias,
    } = fitHidden(rows, labels, 40, 6, classes, seededRandom(1), plainStationary, weights);
    const all = [...(hidden?.weights ?? [NaN]), ...(hidden?.bias ?? []), ...last, ...bias];
    expect(all.every(Number.isFinite)).toBe(true);
    expect(last.length).toBe(SCHEDULE.units * classes);
  });

  it('lets rare classes weigh more when asked to', () => {
    const skewed = Int32Array.from({ length: 300 }, (_, i) => (i % 20 === 0 ? 1 : 0));
    const noise = normals(300 * 4, 9);
    const zero = { dim: 4, mean: new Float32Array(4), scale: 1 };
    const share = (weights?: Float64Array): number => {
      const head = fitHidden(noise, skewed, 300, 4, 2, seededRandom(1), plainStationary, weights, {
        ...schedule,
        units: 8,
      });
      const p = headProbabilities({ ...zero, ...head }, Float32Array.from(normals(400, 10)), rowsOf(100));
      return p.filter((_, k) => k % 2 === 1).reduce((a, b) => a + b, 0) / 100;
    };
    expect(share(balancedWeights(skewed))).toBeGreaterThan(share() + 0.15);
  });

  it('is for many labels and two classes or more', () => {
    expect([enoughForHidden(499, 5), enoughForHidden(500, 5), enoughForHidden(5000, 1)]).toEqual([false, true, false]);
  });
});
