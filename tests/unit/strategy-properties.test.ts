import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { dissent, meanDivergence, voteEntropy } from '../../src/strategies/committee-measures.ts';
import { centredRows, meanOf } from '../../src/strategies/herding.ts';
import { strategyById } from '../../src/strategies/index.ts';
import type { PoolView, StrategyPick } from '../../src/strategies/strategy.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';
import { poolView, withProbabilities } from '../fakes/pool-view.ts';

const seeds = fc.integer({ min: 1, max: 1e6 });
const runs = { numRuns: 30 };

async function select(id: string, view: PoolView, count: number, seed = 1): Promise<readonly StrategyPick[]> {
  const strategy = strategyById(id);
  if (!strategy) throw new Error(`There is no strategy ${id}.`);
  return strategy.select(view, count, seededRandom(seed), new PlainCompute());
}

const probabilities = (view: PoolView, row: number): number[] => [
  ...(view.exactProbabilities?.(Int32Array.of(row)) ?? []),
];
const embedding = ({ embeddings: { data, cols } }: PoolView, row: number): number[] => [
  ...data.subarray(row * cols, (row + 1) * cols),
];

/** (p - e_c) [x; 1]^T, flattened: the gradient of the head's loss on a row that is labelled c. */
function gradient(view: PoolView, row: number, c: number): number[] {
  const x = [...embedding(view, row), 1];
  return probabilities(view, row).flatMap((p, k) => x.map((value) => (p - (k === c ? 1 : 0)) * value));
}

describe('BADGE', () => {
  it('never picks two equal items while there are different ones', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 2, max: 9 }), async (seed, groups) => {
        const view = poolView({ rows: 60, classes: 4, seed, groups, spread: 0, labelled: 0 });
        const rows = (await select('badge', view, groups, seed)).map((p) => p.row % groups);
        expect(new Set(rows).size).toBe(groups);
      }),
      runs,
    );
  });

  it('begins with the longest gradient and reports distances between gradients', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const view = poolView({ rows: 40, classes: 3, seed, groups: 7 });
        const gradients = new Map(
          Array.from(view.candidates, (row) => {
            const p = probabilities(view, row);
            return [row, gradient(view, row, p.indexOf(Math.max(...p)))] as const;
          }),
        );
        const picks = await select('badge', view, 2, seed);
        const [a, b] = picks.map((p) => gradients.get(p.row) ?? []);
        const lengths = [...gradients.values()].map((g) => Math.hypot(...g));
        const apart = Math.hypot(...(a ?? []).map((value, i) => value - (b?.[i] ?? 0)));
        const utilities = picks.map((p) => p.utility).sort((u, v) => u - v);
        const expected = [Math.max(...lengths), apart].sort((u, v) => u - v);
        utilities.forEach((utility, i) => expect(utility).toBeCloseTo(expected[i] ?? NaN, 6));
      }),
      runs,
    );
  });
});

it('TypiClust picks from every group without a label first', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, fc.integer({ min: 0, max: 3 }), async (seed, labelled) => {
      // Groups far apart at the corners of a simplex; the first `labelled` of them hold a label.
      const groups = 6;
      const view = poolView({ rows: 120, classes: 2, seed, dim: 8, groups, spread: 0, labelled });
      const random = seededRandom(seed);
      const data = view.embeddings.data.map((_, i) => (i % 8 === Math.floor(i / 8) % groups ? 1 : 0));
      const noisy = { ...view.embeddings, data: data.map((v) => v + 0.001 * random.normal()) };
      const picks = await select('typiclust', { ...view, embeddings: noisy }, groups - labelled, seed);
      expect(picks.map((p) => p.row % groups).sort()).toEqual(
        Array.from({ length: groups - labelled }, (_, g) => g + labelled),
      );
    }),
    runs,
  );
});

describe('ProbCover', () => {
  it('adds to its cover what it says, never more than the pick before', async () => {
    const radii = Array.from({ length: 19 }, (_, i) => 2 - 2 * (0.05 + 0.05 * i));
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 0, max: 5 }), async (seed, labelled) => {
        const view = poolView({ rows: 90, classes: 3, seed, groups: 9, spread: 0.2, labelled });
        const picks = await select('probcover', view, 12, seed);
        const utilities = picks.map((p) => p.utility);
        const mean = meanOf(view.embeddings, view.candidates);
        const all = Int32Array.from({ length: view.embeddings.rows }, (_, i) => i);
        const unit: PoolView = { ...view, embeddings: centredRows(view.embeddings, all, mean) };
        const isNear = (a: number, b: number, radius: number): boolean => {
          const other = embedding(unit, b);
          return embedding(unit, a).reduce((sum, v, d) => sum + (v - (other[d] ?? 0)) ** 2, 0) < radius;
        };
        // One of the radii explains every utility: the newly covered items, counted one by one.
        const explained = radii.map((radius) => {
          const open = new Set(view.candidates);
          const cover = (row: number): number => {
            const near = [...open].filter((other) => isNear(row, other, radius));
            near.forEach((other) => open.delete(other));
            return near.length;
          };
          view.labelledRows.forEach(cover);
          return picks.map((p) => cover(p.row));
        });
        expect(explained).toContainEqual(utilities);
        expect(utilities).toEqual([...utilities].sort((a, b) => b - a));
      }),
      runs,
    );
  });
});

/** A head of two classes for `view` whose prediction flips under every dropout mask on the rows in `flipping`. */
function flippingView(view: PoolView, flipping: ReadonlySet<number>): PoolView {
  const exact = new Float64Array(view.embeddings.rows * 2).map((_, i) => (i % 2 === 0 ? 0.9 : 0.1));
  const flipped = exact.map((p, i) => (flipping.has(i >> 1) ? 1 - p : p));
  return withProbabilities(view, exact, () => flipped);
}

describe('DropQuery', () => {
  it('picks only items whose prediction flips when there are enough of them', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const random = seededRandom(seed);
        const view = poolView({ rows: 150, classes: 2, seed });
        const flipping = new Set(random.shuffle(Array.from(view.candidates)).slice(0, 100));
        const picks = await select('dropquery', flippingView(view, flipping), 4, seed);
        expect(picks.map((p) => flipping.has(p.row))).toEqual([true, true, true, true]);
        expect(picks.map((p) => p.utility)).toEqual([1, 1, 1, 1]);
      }),
      runs,
    );
  });

  it('leaves out certain items for those that flip when both would do', async () => {
    const view = poolView({ rows: 300, classes: 2, seed: 3 });
    const flipping = new Set(Array.from(view.candidates).slice(-30));
    const picks = await select('dropquery', flippingView(view, flipping), 297);
    expect(picks.slice(0, 30).map((p) => flipping.has(p.row))).toEqual(new Array(30).fill(true));
    expect(picks.slice(30).every((p) => p.utility === 0)).toBe(true);
  });
});

describe('committee measures', () => {
  const row = fc
    .array(fc.double({ min: 1e-6, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
    .map((p) => Float64Array.from(p, (v) => v / p.reduce((a, b) => a + b, 0)));

  it('are zero when the members agree', () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 20 }), (p, members) => {
        const same = Array.from({ length: members }, () => p);
        expect(voteEntropy(same)).toBe(0);
        expect(dissent(same)).toBe(0);
        expect(meanDivergence(same)).toBeCloseTo(0, 12);
      }),
    );
  });

  it('mean divergence is the mutual information of BALD: H(mean) - mean H', () => {
    const entropy = (p: readonly number[]): number => -p.reduce((sum, v) => sum + (v > 0 ? v * Math.log(v) : 0), 0);
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 8 }), (members) => {
        const mean = [0, 1, 2].map((c) => members.reduce((sum, p) => sum + (p[c] ?? 0), 0) / members.length);
        const own = members.reduce((sum, p) => sum + entropy([...p]), 0) / members.length;
        expect(meanDivergence(members)).toBeCloseTo(entropy(mean) - own, 10);
      }),
    );
  });

  it.each(['vote-entropy', 'committee-kl', 'bald'])('%s finds the one item that is contested', async (id) => {
    const view = poolView({ rows: 60, classes: 2, seed: 5 });
    const agreed = new Float64Array(120).map((_, i) => (i % 2 === 0 ? 0.8 : 0.2));
    const contested = agreed.map((p, i) => (i >> 1 === 41 ? 1 - p : p));
    const split = withProbabilities(view, agreed, (_, m) => (m % 2 === 0 ? agreed : contested));
    const picks = await select(id, split, 3);
    expect(picks[0]?.row).toBe(41);
    expect(picks[0]?.utility).toBeGreaterThan(0.1);
    picks.slice(1).forEach((p) => expect(p.utility).toBeCloseTo(0, 12));
  });

  it('vote entropy takes the closest calls among items that are contested alike, wherever they lie', async () => {
    const view = poolView({ rows: 60, classes: 2, seed: 5 });
    // All members are sure, half of them of the other class; the head's own margin is smallest for the last rows.
    const one = new Float64Array(120).map((_, i) => (i % 2 === 0 ? 0.9 : 0.1));
    const split = withProbabilities(view, one, (_, m) => (m % 2 === 0 ? one : one.map((p) => 1 - p)));
    const first = (row: number): number => 0.9 - 0.006 * row;
    const exactProbabilities = (rows: Int32Array): Float64Array =>
      Float64Array.from([...rows].flatMap((row) => [first(row), 1 - first(row)]));
    const picks = await select('vote-entropy', { ...split, exactProbabilities }, 10);
    const last = [...view.candidates].sort((a, b) => b - a).slice(0, 10);
    expect(picks.map((p) => p.row)).toEqual(last);
  });
});

it('expected gradient length equals the norm of the gradients, written out', async () => {
  await fc.assert(
    fc.asyncProperty(seeds, fc.integer({ min: 2, max: 6 }), async (seed, classes) => {
      const view = poolView({ rows: 30, classes, seed });
      for (const { row, utility } of await select('gradient-length', view, 30)) {
        const expected = probabilities(view, row).reduce(
          (sum, p, c) => sum + p * Math.hypot(...gradient(view, row, c)),
          0,
        );
        expect(utility).toBeCloseTo(expected, 8);
      }
    }),
    runs,
  );
});

it('density weighting equals entropy times the mean similarity to the pool, written out', async () => {
  const view = poolView({ rows: 40, classes: 3, seed: 8 });
  for (const { row, utility } of await select('density-weighted', view, 40)) {
    const own = embedding(view, row);
    const cosines = Array.from(view.candidates, (other) =>
      embedding(view, other).reduce((sum, v, d) => sum + v * (own[d] ?? 0), 0),
    );
    const density = (1 + cosines.reduce((a, b) => a + b, 0) / cosines.length) / 2;
    const entropy = -probabilities(view, row).reduce((sum, p) => sum + p * Math.log(p), 0);
    expect(utility).toBeCloseTo(entropy * density, 8);
  }
});

it('CLUE picks one item from each of the groups that are undecided', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const view = poolView({ rows: 90, classes: 2, seed, groups: 6, spread: 0, labelled: 0 });
    const exact = new Float64Array(180).map((_, i) => ((i >> 1) % 6 < 3 ? 0.5 : Number(i % 2 === 0)));
    const undecided = withProbabilities(view, exact, () => exact);
    const picks = await select('clue', undecided, 3, seed);
    expect(picks.map((p) => p.row % 6).sort()).toEqual([0, 1, 2]);
  }
});

describe('power margin', () => {
  it('draws close calls more often, and others sometimes', async () => {
    const view = poolView({ rows: 43, classes: 2, seed: 2, labelled: 3 });
    const exact = new Float64Array(86).map((_, i) => (i >> 1 < 23 ? 0.5 : i % 2 === 0 ? 0.875 : 0.125));
    const pool = withProbabilities(view, exact, () => exact);
    let close = 0;
    for (let seed = 1; seed <= 2000; seed++)
      close += Number(((await select('power-margin', pool, 1, seed))[0]?.row ?? 99) < 23);
    // Twenty rows of score 1 and twenty of 1/4: four in five draws, give or take five standard errors.
    expect(Math.abs(close / 2000 - 0.8)).toBeLessThan(0.045);
  });

  it('stays finite at the ends of the random stream', async () => {
    const view = poolView({ rows: 20, classes: 2, seed: 2 });
    for (const end of [0, 1 - 2 ** -32]) {
      const stuck = { ...seededRandom(1), next: () => end };
      const picks = (await strategyById('power-margin')?.select(view, 20, stuck, new PlainCompute())) ?? [];
      expect(picks).toHaveLength(17);
      expect(picks.every((p) => Number.isFinite(p.utility))).toBe(true);
    }
  });
});
