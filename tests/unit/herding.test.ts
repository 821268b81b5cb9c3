import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { centredRows, herd, herdingSizes, labelledRadius, meanOf } from '../../src/strategies/herding.ts';
import type { Matrix } from '../../src/strategies/strategy.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';

const compute = new PlainCompute();

function unitRows(rows: number, dim: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: rows * dim }, () => random.normal());
  const all = { data, rows, cols: dim };
  const indices = Int32Array.from({ length: rows }, (_, i) => i);
  return centredRows(all, indices, meanOf(all, indices));
}

/** Greedy weighted coverage without any shortcut. */
function plainGreedy(
  x: Matrix,
  weights: Float64Array,
  labelled: Matrix,
  sigmaSquared: number,
  count: number,
): number[] {
  const kernel = (a: Matrix, i: number, b: Matrix, j: number): number => {
    let squared = 0;
    for (let d = 0; d < a.cols; d++) squared += ((a.data[i * a.cols + d] ?? 0) - (b.data[j * b.cols + d] ?? 0)) ** 2;
    return Math.exp(-squared / sigmaSquared);
  };
  const covered = Array.from({ length: x.rows }, (_, j) =>
    Math.max(0, ...Array.from({ length: labelled.rows }, (__, i) => kernel(labelled, i, x, j))),
  );
  const picks: number[] = [];
  while (picks.length < count) {
    let best = -1;
    let most = -1;
    for (let i = 0; i < x.rows; i++) {
      if (picks.includes(i)) continue;
      const gain = covered.reduce((sum, c, j) => sum + (weights[j] ?? 0) * Math.max(0, kernel(x, i, x, j) - c), 0);
      if (gain > most * (1 + 1e-6)) [best, most] = [i, gain];
    }
    picks.push(best);
    covered.forEach((c, j) => (covered[j] = Math.max(c, kernel(x, best, x, j))));
  }
  return picks;
}

describe('herding', () => {
  it('picks what the plain greedy method picks, with gains that never grow', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 2, max: 40 }), async (seed, rows) => {
        const x = unitRows(rows, 5, seed);
        const labelled = unitRows(3, 5, seed + 1);
        const random = seededRandom(seed + 2);
        const weights = Float64Array.from({ length: rows }, () => random.next());
        const count = Math.min(rows, 8);
        const picks = await herd(
          {
            candidates: x,
            rows: Int32Array.from({ length: rows }, (_, i) => i),
            references: x,
            weights,
            covering: labelled,
            sigmaSquared: 0.6,
          },
          count,
          compute,
        );
        expect(picks.map((p) => p.row)).toEqual(plainGreedy(x, weights, labelled, 0.6, count));
        const gains = picks.map((p) => p.gain);
        expect(gains).toEqual([...gains].sort((a, b) => b - a));
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('takes the lowest rows when all rows coincide', async () => {
    const x: Matrix = { data: new Float32Array(8).fill(Math.SQRT1_2), rows: 4, cols: 2 };
    const none: Matrix = { data: new Float32Array(), rows: 0, cols: 2 };
    const rows = Int32Array.of(11, 12, 13, 14);
    const weights = new Float64Array(4).fill(1);
    const picks = await herd(
      { candidates: x, rows, references: x, weights, covering: none, sigmaSquared: 1 },
      9,
      compute,
    );
    expect(picks.map((p) => p.row)).toEqual([11, 12, 13, 14]);
  });

  it('measures the radius by the typical labelled neighbour, not by the closest pair', async () => {
    const angle = [0, 0.001, 1, 2, 3];
    const data = Float32Array.from(angle.flatMap((a) => [Math.cos(a), Math.sin(a)]));
    const squared = await labelledRadius({ data, rows: 5, cols: 2 }, compute);
    expect(squared).toBeCloseTo(2 - 2 * Math.cos(1), 2);
    expect(await labelledRadius({ data: Float32Array.of(1, 0), rows: 1, cols: 2 }, compute)).toBeNull();
  });

  it.each([
    [10, 384, 600],
    [3000, 1280, 600],
    [100_000, 384, 1500],
    [20_000, 64, 300],
  ])('keeps the kernel of %i rows of %i dimensions within 64 MB', (pool, dim, least) => {
    const { candidates, references } = herdingSizes(pool, dim, least);
    expect(candidates * references).toBeLessThanOrEqual(1.6e7);
    expect(candidates).toBeGreaterThanOrEqual(Math.min(pool, least));
    expect(references).toBeLessThanOrEqual(pool);
  });
});
