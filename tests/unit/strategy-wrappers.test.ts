import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { strategyById } from '../../src/strategies/index.ts';
import type { PoolView, Strategy, StrategyPick } from '../../src/strategies/strategy.ts';
import { likeness } from '../../src/strategies/wrappers/class-quota.ts';
import { guarded, UNGUARDED } from '../../src/strategies/wrappers/compose.ts';
import { cosine } from '../../src/strategies/wrappers/near-duplicates.ts';
import { neighbourSpace } from '../../src/strategies/wrappers/outliers.ts';
import type { GuardRequest } from '../../src/strategies/wrappers/wrapper.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';
import { poolView, RoundedCompute, roundedView } from '../fakes/pool-view.ts';

const seeds = fc.integer({ min: 1, max: 1e6 });
const ids = fc.constantFrom('margin', 'random', 'uherding', 'k-center', 'vote-entropy', 'badge');
const runs = { numRuns: 40 };
const plain = new PlainCompute();

function strategy(id: string): Strategy {
  const found = strategyById(id);
  if (!found) throw new Error(`There is no strategy ${id}.`);
  return found;
}
const select = (
  id: string,
  guards: Partial<GuardRequest>,
  view: PoolView,
  count: number,
  seed = 1,
): Promise<readonly StrategyPick[]> =>
  guarded(strategy(id), { ...UNGUARDED, ...guards })(view, count, seededRandom(seed), plain);
const rowsOf = (picks: readonly StrategyPick[]): number[] => picks.map((p) => p.row);

describe('near-duplicates', () => {
  /** True when no two of the rows, nor one of them and a fixed row, are as alike as the threshold. */
  const isSpread = ({ embeddings }: PoolView, rows: number[], fixed: number[], threshold: number): boolean =>
    rows.every((row, i) =>
      [...rows.slice(0, i), ...fixed].every((other) => cosine(embeddings, row, other) < threshold),
    );

  it('never come together while others are left', async () => {
    await fc.assert(
      fc.asyncProperty(ids, seeds, fc.integer({ min: 8, max: 20 }), async (id, seed, groups) => {
        // Tight groups: any two of one group are alike, and there are more groups than places.
        const view = poolView({ rows: 90, classes: 3, seed, dim: 12, groups, spread: 1e-3, labelled: 2 });
        const batchRows = view.candidates.slice(0, 1);
        const open = { ...view, candidates: view.candidates.slice(1), batchRows };
        const picks = rowsOf(await select(id, { nearDuplicates: 0.9999 }, open, groups - 3, seed));
        expect(picks).toHaveLength(groups - 3);
        expect(isSpread(view, picks, [...view.labelledRows, ...batchRows], 0.9999)).toBe(true);
      }),
      runs,
    );
  });

  it('fill the batch when nothing else is left', async () => {
    await fc.assert(
      fc.asyncProperty(ids, seeds, fc.integer({ min: 1, max: 60 }), async (id, seed, count) => {
        const view = poolView({ rows: 40, classes: 3, seed, groups: 4, spread: 0 });
        const picks = rowsOf(await select(id, { nearDuplicates: 0.99 }, view, count, seed));
        expect(new Set(picks).size).toBe(Math.min(count, view.candidates.length));
        picks.forEach((row) => expect(view.candidates).toContain(row));
      }),
      runs,
    );
  });

  it('are looked for everywhere once a strategy has been asked a few times', async () => {
    // Every labelled item has a twin in the pool, which the strategy likes best, one after another.
    const rows = 400;
    const view = poolView({ rows, classes: 3, seed: 4, dim: 40, groups: rows, spread: 0, labelled: 150 });
    const data = view.embeddings.data.slice();
    data.copyWithin(150 * 40, 0, 150 * 40);
    let asked = 0;
    const lover: Strategy = {
      ...strategy('margin'),
      select: ({ candidates }, count) => {
        asked++;
        return Promise.resolve(Array.from(candidates.slice(0, count), (row) => ({ row, utility: 0, reason: 'Next.' })));
      },
    };
    const twins = { ...view, embeddings: { ...view.embeddings, data } };
    const guards = { ...UNGUARDED, nearDuplicates: 0.9999 };
    const picks = rowsOf(await guarded(lover, guards)(twins, 2, seededRandom(1), plain));
    expect(picks).toHaveLength(2);
    picks.forEach((row) => expect(row).toBeGreaterThanOrEqual(300));
    expect(asked).toBeLessThanOrEqual(5);
  });

  it('leave a batch without any as the strategy picked it', async () => {
    await fc.assert(
      fc.asyncProperty(ids, seeds, async (id, seed) => {
        const view = poolView({ rows: 80, classes: 3, seed, dim: 16, spread: 1 });
        const own = await select(id, {}, view, 10, seed);
        expect(isSpread(view, rowsOf(own), [...view.labelledRows], 0.999)).toBe(true);
        expect(await select(id, { nearDuplicates: 0.999 }, view, 10, seed)).toEqual(own);
      }),
      runs,
    );
  });
});

describe('outliers', () => {
  /** A pool in groups whose rows in `far` point where nothing else does. */
  function withOutliers(seed: number, far: readonly number[]): PoolView {
    const view = poolView({ rows: 200, classes: 3, seed, dim: 24, groups: 3, spread: 0.1 });
    const data = view.embeddings.data.slice();
    far.forEach((row, i) => {
      data.fill(0, row * 24, (row + 1) * 24);
      data[row * 24 + 2 * i] = 1;
      data[row * 24 + 2 * i + 1] = -0.2 * i;
    });
    return { ...view, embeddings: { ...view.embeddings, data } };
  }

  it('are not picked, not even by a strategy that looks for them', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.uniqueArray(fc.integer({ min: 3, max: 199 }), { maxLength: 4 }), async (seed, far) => {
        const view = withOutliers(seed, far);
        const open = rowsOf(await select('k-center', {}, view, 20, seed));
        far.forEach((row) => expect(open).toContain(row));
        const picks = rowsOf(await select('k-center', { skipsOutliers: true }, view, 20, seed));
        far.forEach((row) => expect(picks).not.toContain(row));
        expect(picks).toHaveLength(20);
      }),
      runs,
    );
  });

  it('are picked when nothing else is left', async () => {
    const view = withOutliers(3, [50, 51]);
    const picks = rowsOf(await select('random', { skipsOutliers: true }, view, 500));
    expect(picks).toHaveLength(view.candidates.length);
  });

  it('are few, however the pool is made, and none where all are alike', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.double({ min: 0, max: 2, noNaN: true }), async (seed, spread) => {
        const { embeddings } = poolView({ rows: 300, classes: 2, seed, groups: 5, spread });
        const space = await neighbourSpace(embeddings, seededRandom(seed), plain);
        const distances = await space.distances(Int32Array.from({ length: 300 }, (_, i) => i));
        expect(distances.filter((d) => d > space.fence).length).toBeLessThanOrEqual(6);
        if (spread === 0) expect(space.fence).toBe(Infinity);
      }),
      runs,
    );
  });

  it('are told by the distance to the fifth nearest other item, written out', async () => {
    const { embeddings } = poolView({ rows: 60, classes: 2, seed: 4 });
    const space = await neighbourSpace(embeddings, seededRandom(1), new RoundedCompute(1e-6, 5));
    const all = Int32Array.from({ length: 60 }, (_, i) => i);
    const distances = await space.distances(all);
    for (const row of all) {
      const others = Array.from(
        all.filter((r) => r !== row),
        (r) => 2 - 2 * cosine(embeddings, row, r),
      );
      expect(distances[row]).toBeCloseTo(Math.sqrt(others.sort((a, b) => a - b)[4] ?? NaN), 6);
    }
  });
});

describe('class quotas', () => {
  it('hold whenever the pool has so many, and the batch keeps its size', async () => {
    await fc.assert(
      fc.asyncProperty(ids, seeds, fc.integer({ min: 1, max: 6 }), async (id, seed, atLeast) => {
        const view = poolView({ rows: 120, classes: 5, seed, groups: 8 });
        const looksLike = likeness(view);
        const quotas = [
          { column: 1, atLeast },
          { column: 3, atLeast },
        ];
        const picks = await select(id, { quotas }, view, 12, seed);
        expect(new Set(rowsOf(picks)).size).toBe(12);
        for (const { column } of quotas) {
          const there = view.candidates.filter((row) => looksLike(row, column)).length;
          const got = rowsOf(picks).filter((row) => looksLike(row, column)).length;
          expect(got).toBeGreaterThanOrEqual(Math.min(atLeast, there));
        }
        const utilities = picks.map((p) => p.utility);
        expect(utilities).toEqual([...utilities].sort((a, b) => b - a));
        picks.forEach((p) => expect(p.reason).toMatch(/^\S.*\.$/));
      }),
      runs,
    );
  });

  it('change nothing when the strategy meets them by itself, or when the class has no label yet', async () => {
    const view = poolView({ rows: 120, classes: 3, seed: 6 });
    const own = await select('margin', {}, view, 12);
    const most = [0, 1, 2].findIndex((column) => likeness(view)(own[0]?.row ?? -1, column));
    expect(await select('margin', { quotas: [{ column: most, atLeast: 1 }] }, view, 12)).toEqual(own);
    expect(await select('margin', { quotas: [{ column: 3, atLeast: 4 }] }, view, 12)).toEqual(own);
  });

  it('take the likeliest where no item looks like the class', async () => {
    const view = poolView({ rows: 60, classes: 2, seed: 2, sharpness: 0 });
    // All rows are a tie, which goes to the first class.
    const picks = await select('margin', { quotas: [{ column: 1, atLeast: 4 }] }, view, 6);
    expect(picks.filter((p) => p.reason.includes('at least 4 like class 1'))).toHaveLength(4);
    expect(picks).toHaveLength(6);
  });

  it('give way to the size of the batch', async () => {
    const view = poolView({ rows: 120, classes: 3, seed: 9 });
    const quotas = [0, 1, 2].map((column) => ({ column, atLeast: 5 }));
    expect(await select('margin', { quotas }, view, 7)).toHaveLength(7);
  });
});

describe('subsampling', () => {
  const slow: Strategy = { ...strategy('margin'), mostCandidates: 20 };
  it('shows a strategy that asks for it a seeded sample', async () => {
    const view = poolView({ rows: 200, classes: 3, seed: 1 });
    const seen: Int32Array[] = [];
    const spy: Strategy = {
      ...slow,
      select: (v, ...rest) => {
        seen.push(v.candidates);
        return slow.select(v, ...rest);
      },
    };
    const pick = (seed: number, count: number) => guarded(spy)(view, count, seededRandom(seed), plain);
    await pick(1, 5);
    await pick(1, 5);
    await pick(2, 5);
    expect(await pick(1, 50)).toHaveLength(50);
    expect(seen.map((rows) => rows.length)).toEqual([20, 20, 20, 50]);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).not.toEqual(seen[0]);
    seen.forEach((rows) => {
      expect(rows).toEqual(Int32Array.from(new Set(rows)).sort());
      rows.forEach((row) => expect(view.candidates).toContain(row));
    });
  });
});

it('all wrappers together pick the same on a backend that rounds otherwise', async () => {
  const guards: GuardRequest = { nearDuplicates: 0.98, skipsOutliers: true, quotas: [{ column: 2, atLeast: 4 }] };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('margin', 'k-center', 'vote-entropy'), seeds, async (id, seed) => {
      const view = poolView({ rows: 120, classes: 4, seed, groups: 9 });
      const exact = await guarded(strategy(id), guards)(view, 15, seededRandom(seed), plain);
      const rounded = roundedView(view, 1e-6, seed);
      const compute = new RoundedCompute(1e-6, seed);
      expect(rowsOf(await guarded(strategy(id), guards)(rounded, 15, seededRandom(seed), compute))).toEqual(
        rowsOf(exact),
      );
    }),
    runs,
  );
});
