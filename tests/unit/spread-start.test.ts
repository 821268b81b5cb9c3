import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { strategyById } from '../../src/strategies/index.ts';
import type { ItemGroup, PoolView, StrategyPick } from '../../src/strategies/strategy.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';
import { poolView } from '../fakes/pool-view.ts';

async function start(view: PoolView, count: number, seed = 1, id = 'rule-start'): Promise<readonly StrategyPick[]> {
  return (await strategyById(id)?.select(view, count, seededRandom(seed), new PlainCompute())) ?? [];
}
const group = (name: string, rows: Iterable<number>): ItemGroup => ({ name, rows: Int32Array.from(rows).sort() });
const inGroup = (picks: readonly StrategyPick[], { rows }: ItemGroup): number =>
  picks.filter((p) => rows.includes(p.row)).length;

it('shares three quarters of the places out evenly and leaves the rest to what no rule hits', async () => {
  const view = poolView({ rows: 203, classes: 2, seed: 5 });
  const groups = [group('a', range(3, 103)), group('b', range(103, 113)), group('c', range(113, 116))];
  const picks = await start({ ...view, groups }, 20);
  expect(groups.map((g) => inGroup(picks, g))).toEqual([6, 6, 3]);
  expect(picks.filter((p) => p.row >= 116)).toHaveLength(5);
  expect(picks.filter((p) => p.reason.includes('rule of yours for b'))).toHaveLength(6);
  // The beginning is spread too: the first of each group before the second of any.
  expect(new Set(picks.slice(0, 4).map((p) => groups.findIndex((g) => g.rows.includes(p.row)))).size).toBe(4);
});

it('covers the pool as MaxHerding does when no rule hits anything that is left', async () => {
  const view = poolView({ rows: 103, classes: 2, seed: 6 });
  const groups = [group('a', [0, 1, 2]), group('b', [])];
  expect(await start({ ...view, groups }, 12)).toEqual(await start(view, 12, 1, 'max-herding'));
});

it('prefers groups that have no label yet', async () => {
  const view = poolView({ rows: 103, classes: 2, seed: 6, labelled: 3 });
  const groups = [group('a', range(0, 50)), group('b', range(50, 60)), group('c', range(60, 70))];
  const picks = await start({ ...view, groups }, 3);
  expect(groups.map((g) => inGroup(picks, g))).toEqual([0, 1, 1]);
});

it('takes distinct candidates, as many as there are, whatever the groups', async () => {
  const rows = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(rows, { maxLength: 30 }),
      fc.integer({ min: 1, max: 80 }),
      fc.constantFrom('rule-start', 'hint-start'),
      fc.integer({ min: 1, max: 1e6 }),
      async (all, count, id, seed) => {
        const view = poolView({ rows: 60, classes: 2, seed, groups: 5 });
        const guided = { ...view, groups: all.map((r, i) => group(`g${i}`, r)) };
        const picks = await start(guided, count, seed, id);
        expect(new Set(picks.map((p) => p.row)).size).toBe(Math.min(count, view.candidates.length));
        picks.forEach((p) => expect(view.candidates).toContain(p.row));
        expect(await start(guided, count, seed, id)).toEqual(picks);
      },
    ),
    { numRuns: 60 },
  );
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
