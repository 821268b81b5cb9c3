import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { strategyById } from '../../src/strategies/index.ts';
import type { Compute, PoolView, StrategyPick } from '../../src/strategies/strategy.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';
import { poolView, RoundedCompute, roundedView } from '../fakes/pool-view.ts';

const plain = new PlainCompute();

async function select(
  id: string,
  view: PoolView,
  count: number,
  seed = 1,
  compute: Compute = plain,
): Promise<readonly StrategyPick[]> {
  const strategy = strategyById(id);
  if (!strategy) throw new Error(`There is no strategy ${id}.`);
  return strategy.select(view, count, seededRandom(seed), compute);
}

const rowsPicked = (picks: readonly StrategyPick[]): number[] => picks.map((p) => p.row);
const seeds = fc.integer({ min: 1, max: 1e6 });

function squaredDistance({ embeddings: { data, cols } }: PoolView, a: number, b: number): number {
  let sum = 0;
  for (let d = 0; d < cols; d++) sum += ((data[a * cols + d] ?? 0) - (data[b * cols + d] ?? 0)) ** 2;
  return sum;
}

/** Farthest-first traversal without any shortcut. */
function plainKCenter(view: PoolView, count: number): number[] {
  const centres = [...view.labelledRows];
  const left = [...view.candidates];
  const picks: number[] = [];
  while (picks.length < count && left.length > 0) {
    const reach = left.map((row) => Math.min(Infinity, ...centres.map((c) => squaredDistance(view, row, c))));
    const [row] = left.splice(reach.indexOf(Math.max(...reach)), 1);
    if (row === undefined) break;
    picks.push(row);
    centres.push(row);
  }
  return picks;
}

describe('k-center against the plain method', () => {
  it.each([0, 1, 7, 40])('picks exactly the same rows with %i labels', async (labelled) => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 80 }), async (seed, candidates) => {
        const view = poolView({ rows: candidates + labelled, classes: 3, seed, labelled });
        const picks = await select('k-center', view, 15);
        expect(rowsPicked(picks)).toEqual(plainKCenter(view, 15));
      }),
      { numRuns: 40 },
    );
  });

  it('keeps away from every label, not from some of them only', async () => {
    const all = poolView({ rows: 1500, classes: 2, seed: 4, groups: 2, spread: 0.1, labelled: 1400 });
    // A hundred labels in the one group come before hundreds in the other.
    const labelledRows = all.labelledRows.filter((row) => (row < 200 ? row % 2 === 0 : row % 2 === 1));
    const view = { ...all, labelledRows, labels: new Int32Array(labelledRows.length) };
    expect(rowsPicked(await select('k-center', view, 10))).toEqual(plainKCenter(view, 10));
  });

  it('takes duplicates last, by row', async () => {
    const view = poolView({ rows: 12, classes: 2, seed: 9, labelled: 0, groups: 3, spread: 0 });
    const picks = await select('k-center', view, 12);
    expect(rowsPicked(picks).slice(3)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(picks.slice(3).map((p) => p.utility)).toEqual(new Array(9).fill(0));
  });
});

/** Close to what WASM, WebGPU and plain float32 differ by at 384 features, on the safe side. */
const ROUNDING = 5e-6;

describe.each([
  'k-center',
  'badge',
  'typiclust',
  'probcover',
  'dropquery',
  'density-weighted',
  'gradient-length',
  'vote-entropy',
  'committee-kl',
  'bald',
  'clue',
  'power-margin',
])('%s on backends that round otherwise', (id) => {
  it.each([
    ['a decided head', { classes: 4, sharpness: 3 }],
    ['a head that is close to undecided', { classes: 3, sharpness: 0.0005 }],
    ['near-ties in space', { classes: 4, spread: 1e-6 }],
  ] as const)('gives the same rows, utilities and reasons: %s', async (_, shape) => {
    for (let seed = 1; seed <= 8; seed++) {
      const view = poolView({ rows: 250, labelled: 6, seed, groups: 12, ...shape });
      const [a, b] = [1, 2].map((n) =>
        select(id, roundedView(view, ROUNDING, seed + 100 * n), 12, seed, new RoundedCompute(ROUNDING, seed + n)),
      );
      expect(await b).toEqual(await a);
    }
  });
});

it('probcover finds the same cover whichever side of the radius a product rounds to', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const view = poolView({ rows: 1000, classes: 3, seed, groups: 12, spread: 0.6, dim: 3 });
    const [a, b] = [1, 2].map((n) => select('probcover', view, 60, seed, new RoundedCompute(4 * ROUNDING, seed + n)));
    expect(await b).toEqual(await a);
  }
});
