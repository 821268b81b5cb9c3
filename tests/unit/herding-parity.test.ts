import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { strategyById } from '../../src/strategies/index.ts';
import type { PoolView } from '../../src/strategies/strategy.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';
import { poolView, RoundedCompute } from '../fakes/pool-view.ts';

/** Both herding strategies as their papers write them: every candidate, every reference, no shortcut, float64. */
function plainHerding(view: PoolView, count: number, isUncertain: boolean): number[] {
  const { data, cols } = view.embeddings;
  const { candidates } = view;
  const labelled = [...view.labelledRows];
  const mean = Array.from({ length: cols }, (_, d) =>
    candidates.reduce((sum, row) => sum + (data[row * cols + d] ?? 0) / candidates.length, 0),
  );
  const unit = (row: number): number[] => {
    const raw = mean.map((m, d) => (data[row * cols + d] ?? 0) - m);
    const norm = Math.hypot(...raw);
    return raw.map((v) => v / norm);
  };
  const rows = new Map([...candidates, ...labelled, ...(view.batchRows ?? [])].map((row) => [row, unit(row)]));
  const squared = (a: number, b: number): number => {
    const [x, y] = [rows.get(a) ?? [], rows.get(b) ?? []];
    return 2 - 2 * x.reduce((sum, v, d) => sum + v * (y[d] ?? 0), 0);
  };
  const median = (values: number[]): number => {
    const sorted = values.sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  };
  const reach = Math.max(1, Math.floor(candidates.length / (2 * Math.max(2, view.namedClasses ?? 10))));
  const sigma =
    isUncertain && labelled.length > 1
      ? median(labelled.map((a) => Math.min(...labelled.filter((b) => b !== a).map((b) => squared(a, b)))))
      : median(
          Array.from(candidates, (a) => {
            const all = Array.from(candidates, (b) => squared(a, b)).sort((x, y) => x - y);
            return all[Math.min(all.length - 1, reach)] ?? 0;
          }),
        );
  const kernel = (a: number, b: number): number => Math.exp(-squared(a, b) / Math.max(1e-3, sigma));
  const classes = view.classNames.length;
  const exact = view.exactProbabilities?.(candidates) ?? new Float64Array();
  const weight = Array.from(candidates, (_, i) => {
    if (!isUncertain) return 1;
    const [first = 0, second = 0] = [...exact.subarray(i * classes, (i + 1) * classes)].sort((a, b) => b - a);
    return 1 - (first - second);
  });
  const covered = Array.from(candidates, (row) =>
    Math.max(0, ...[...labelled, ...(view.batchRows ?? [])].map((l) => kernel(l, row))),
  );
  const picks: number[] = [];
  while (picks.length < Math.min(count, candidates.length)) {
    let [best, most] = [-1, -1];
    for (const row of candidates) {
      if (picks.includes(row)) continue;
      let gain = 0;
      candidates.forEach((other, j) => {
        gain += (weight[j] ?? 0) * Math.max(0, kernel(row, other) - (covered[j] ?? 0));
      });
      if (gain > most * (1 + 1e-5)) [best, most] = [row, gain];
    }
    picks.push(best);
    candidates.forEach((other, j) => (covered[j] = Math.max(covered[j] ?? 0, kernel(best, other))));
  }
  return picks;
}

it.each([
  ['max-herding', false],
  ['uherding', true],
] as const)('%s picks what its definition picks, also with products that round', async (id, isUncertain) => {
  const setups = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    rows: fc.integer({ min: 12, max: 60 }),
    labelled: fc.integer({ min: 0, max: 5 }),
    inBatch: fc.integer({ min: 0, max: 3 }),
    named: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(setups, async ({ seed, rows, labelled, inBatch, named }) => {
      const all = poolView({ rows, classes: 4, seed, labelled });
      const view: PoolView = {
        ...all,
        candidates: all.candidates.slice(inBatch),
        batchRows: all.candidates.slice(0, inBatch),
        ...(named !== undefined && { namedClasses: named }),
      };
      const expected = plainHerding(view, 6, isUncertain);
      for (const compute of [new PlainCompute(), new RoundedCompute(3e-8, seed)]) {
        const picks = await strategyById(id)?.select(view, 6, seededRandom(1), compute);
        expect(picks?.map((p) => p.row)).toEqual(expected);
      }
    }),
    { numRuns: 60, seed: 5 },
  );
});
