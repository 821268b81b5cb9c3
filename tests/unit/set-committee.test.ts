import { describe, expect, it } from 'vitest';
import { bootstrapHeads, dropoutHeads, type LinearHead } from '../../src/domain/committee.ts';
import { headProbabilities, sigmoid } from '../../src/domain/head-maths.ts';
import { ABSENT, PRESENT, UNKNOWN } from '../../src/domain/membership.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { fitSigmoids, fitSoftSigmoids } from '../../src/domain/sigmoid-head.ts';
import { committeeProduct } from '../../src/platform/learner/committee-product.ts';
import { meanBinaryDivergence, setVoteEntropy, votesOf } from '../../src/strategies/committee-measures.ts';
import type { Committee } from '../../src/strategies/strategy.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';

const [N, DIM, CLASSES] = [40, 5, 3];
const random = seededRandom(1);
const z = Float64Array.from({ length: N * DIM }, () => random.normal());
const targets = Uint8Array.from({ length: N * CLASSES }, (_, k) => {
  const [i, c] = [Math.floor(k / CLASSES), k % CLASSES];
  return (z[i * DIM + c] ?? 0) + 0.5 * random.normal() > 0.3 ? PRESENT : ABSENT;
});
const fit = fitSigmoids(z, targets, N, DIM, CLASSES, 0.05);
const head: LinearHead = {
  dim: DIM,
  mean: new Float32Array(DIM),
  scale: 1,
  weights: Float32Array.from(fit.weights),
  bias: Float32Array.from(fit.bias),
  lambda: 0.05,
  thresholds: Float32Array.of(0.5, 0.4, 0.6),
};

describe('sigmoids with weights and soft targets', () => {
  it('a row of weight 2 counts as two rows do', () => {
    const twice = Array.from({ length: N }, (_, i) => i).flatMap((i) => (i % 3 === 0 ? [i, i] : [i]));
    const rows = Float64Array.from(twice.flatMap((i) => [...z.subarray(i * DIM, (i + 1) * DIM)]));
    const known = Uint8Array.from(twice.flatMap((i) => [...targets.subarray(i * CLASSES, (i + 1) * CLASSES)]));
    const m = twice.length;
    const repeated = fitSigmoids(rows, known, m, DIM, CLASSES, 0.05, { tolerance: 1e-9 });
    // The mean is over rows, not over their weights: the penalty is scaled along.
    const sampleWeights = Float64Array.from({ length: N }, (_, i) => (i % 3 === 0 ? 2 : 1));
    const options = { sampleWeights, tolerance: 1e-9 };
    const weighted = fitSigmoids(z, targets, N, DIM, CLASSES, (0.05 * m) / N, options);
    weighted.weights.forEach((w, k) => expect(w).toBeCloseTo(repeated.weights[k] ?? NaN, 5));
  });

  it('a soft target is the share of hard ones, and an unknown one says nothing', () => {
    const rows = Float64Array.of(1, 1, -1, -1);
    const hard = fitSigmoids(rows, Uint8Array.of(1, 0, 0, 0), 4, 1, 1, 0.1, { tolerance: 1e-9 });
    const pair = Float64Array.of(1, -1, 5);
    const soft = fitSoftSigmoids(pair, Float64Array.of(0.5, 0, NaN), 3, 1, 1, 0.1 * (2 / 3), { tolerance: 1e-9 });
    expect(soft.weights[0]).toBeCloseTo(hard.weights[0] ?? NaN, 4);
    expect(soft.bias[0]).toBeCloseTo(hard.bias[0] ?? NaN, 4);
  });
});

describe('committees of heads for sets', () => {
  const some = (m: LinearHead): number[] => [
    ...headProbabilities(
      m,
      Float32Array.from(z),
      Int32Array.from({ length: N }, (_, i) => i),
    ),
  ];

  it('bootstrap members stay near the head, differ, and are the same for the same seed', () => {
    const members = bootstrapHeads(head, z, { targets }, 5, seededRandom(3));
    expect(bootstrapHeads(head, z, { targets }, 5, seededRandom(3))).toEqual(members);
    const own = some(head);
    for (const member of members) {
      const gaps = some(member).map((p, k) => Math.abs(p - (own[k] ?? NaN)));
      expect(Math.max(...gaps)).toBeGreaterThan(0.01);
      expect(gaps.reduce((a, b) => a + b, 0) / gaps.length).toBeLessThan(0.2);
    }
  });

  it('leave a class alone of which all known labels are the same', () => {
    const constant = targets.map((t, k) => (k % CLASSES === 1 ? (k % 2 === 0 ? UNKNOWN : ABSENT) : t));
    for (const { weights } of bootstrapHeads(head, z, { targets: constant }, 3, seededRandom(3))) {
      expect([...weights].filter((_, k) => k % CLASSES === 1).every((w) => w === 0)).toBe(true);
    }
  });

  it.each(['bootstrap', 'dropout'] as const)('give on the backend what each gives by itself: %s', async (kind) => {
    const heads =
      kind === 'dropout'
        ? dropoutHeads(head, 4, seededRandom(2))
        : bootstrapHeads(head, z, { targets }, 4, seededRandom(2));
    const found = await committeeProduct(heads, new PlainCompute())(Float32Array.from(z), N);
    const own = heads.map(some);
    found.forEach((p, k) => {
      const [i, m, c] = [Math.floor(k / (4 * CLASSES)), Math.floor(k / CLASSES) % 4, k % CLASSES];
      expect(p).toBeCloseTo(own[m]?.[i * CLASSES + c] ?? NaN, 5);
    });
  });
});

describe('disagreement where an item can have several classes', () => {
  const of = (...members: number[][]): Float64Array[] => members.map((p) => Float64Array.from(p));

  it('is none where all members say the same of every class', () => {
    const same = of([0.9, 0.1], [0.9, 0.1]);
    expect([setVoteEntropy(same, [0.5, 0.5]), meanBinaryDivergence(same)]).toEqual([0, expect.closeTo(0, 12)]);
  });

  it('is the mean over the classes, by hand', () => {
    // One class is split evenly, of the other all say no.
    const split = of([1, 0], [0, 0]);
    expect(setVoteEntropy(split, [0.5, 0.5])).toBeCloseTo(Math.LN2 / 2, 12);
    expect(meanBinaryDivergence(split)).toBeCloseTo(Math.LN2 / 2, 12);
    expect(setVoteEntropy(of([0.3, 0], [0.5, 0]), [0.4, 0.5])).toBeCloseTo(Math.LN2 / 2, 12);
    expect(setVoteEntropy(of([0.3, 0], [0.5, 0]), [0.2, 0.5])).toBe(0);
  });

  it('rounding of a backend moves no vote that matters', async () => {
    const own = seededRandom(8);
    const thresholds = Float32Array.of(0.3, 0.5, 0.7);
    // Many probabilities lie on their thresholds.
    const exact = Array.from({ length: 6 }, () =>
      Float64Array.from({ length: 200 * 3 }, (_, k) =>
        own.next() < 0.2 ? (thresholds[k % 3] ?? 0) : sigmoid(2 * own.normal()),
      ),
    );
    const committee = (noise: number): Committee => ({
      members: 6,
      classes: 3,
      probabilities: (rows) =>
        Promise.resolve(
          Float32Array.from(
            Array.from(rows).flatMap((r) =>
              exact.flatMap((p) => [...p.subarray(r * 3, r * 3 + 3)].map((v) => v + noise * (own.next() - 0.5))),
            ),
          ),
        ),
      exactProbabilities: (rows) =>
        exact.map((p) => Float64Array.from(Array.from(rows).flatMap((r) => [...p.subarray(r * 3, r * 3 + 3)]))),
    });
    const rows = Int32Array.from({ length: 200 }, (_, i) => i);
    const best = async (noise: number): Promise<number[][]> => {
      const utilities = await votesOf(committee(noise), rows, 30, thresholds);
      return Array.from(utilities, (u, i) => [u, i])
        .sort((a, b) => (b[0] ?? 0) - (a[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0))
        .slice(0, 30);
    };
    const plain = Array.from(rows, (r) => [
      setVoteEntropy(
        exact.map((p) => p.subarray(r * 3, r * 3 + 3)),
        thresholds,
      ),
      r,
    ]).sort((a, b) => (b[0] ?? 0) - (a[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0));
    expect(await best(0)).toEqual(plain.slice(0, 30));
    expect(await best(4e-5)).toEqual(plain.slice(0, 30));
  });
});
