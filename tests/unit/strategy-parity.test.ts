import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import { meanDivergence, voteEntropy } from '../../src/strategies/committee-measures.ts';
import { strategyById } from '../../src/strategies/index.ts';
import type { PoolView, StrategyPick } from '../../src/strategies/strategy.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';

const DIM = 6;

/** A pool of unit rows with probabilities of `classes` classes; the first rows are labelled. */
function pool(seed: number, rows: number, classes: number, labelled = 3): PoolView & { exact: Float64Array } {
  const random = seededRandom(seed);
  const data = new Float32Array(rows * DIM);
  const exact = new Float64Array(rows * classes);
  for (let r = 0; r < rows; r++) {
    const raw = Array.from({ length: DIM }, () => random.normal());
    const norm = Math.hypot(...raw);
    raw.forEach((v, d) => (data[r * DIM + d] = v / norm));
    const weights = Array.from({ length: classes }, () => Math.exp(2 * random.normal()));
    const sum = weights.reduce((a, b) => a + b, 0);
    weights.forEach((w, c) => (exact[r * classes + c] = w / sum));
  }
  return {
    exact,
    embeddings: { data, rows, cols: DIM },
    probabilities: { data: Float32Array.from(exact), rows, cols: classes },
    candidates: Int32Array.from({ length: rows - labelled }, (_, i) => i + labelled),
    labelledRows: Int32Array.from({ length: labelled }, (_, i) => i),
    labels: Int32Array.from({ length: labelled }, (_, i) => i % classes),
    classNames: Array.from({ length: classes }, (_, c) => `class ${c}`),
    exactProbabilities: (of) =>
      Float64Array.from(Array.from(of).flatMap((r) => [...exact.subarray(r * classes, (r + 1) * classes)])),
    committee: null,
  };
}

async function select(id: string, view: PoolView, count: number): Promise<readonly StrategyPick[]> {
  const strategy = strategyById(id);
  if (!strategy) throw new Error(`There is no strategy ${id}.`);
  return strategy.select(view, count, seededRandom(1), new PlainCompute());
}

const setups = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  rows: fc.integer({ min: 6, max: 60 }),
  classes: fc.integer({ min: 2, max: 6 }),
});

describe('deterministic strategies pick what a plain implementation picks', () => {
  const row = (view: ReturnType<typeof pool>, r: number): number[] => {
    const classes = view.classNames.length;
    return [...view.exact.subarray(r * classes, (r + 1) * classes)].sort((a, b) => b - a);
  };
  const measures: Record<string, (p: number[]) => number> = {
    'least-confidence': (p) => 1 - (p[0] ?? 0),
    margin: (p) => 1 - ((p[0] ?? 0) - (p[1] ?? 0)),
    entropy: (p) => -p.reduce((sum, v) => sum + v * Math.log(v), 0),
  };
  it.each(Object.keys(measures))('%s', async (id) => {
    await fc.assert(
      fc.asyncProperty(setups, async ({ seed, rows, classes }) => {
        const view = pool(seed, rows, classes);
        const of = measures[id] ?? (() => 0);
        const expected = Array.from(view.candidates)
          .sort((a, b) => of(row(view, b)) - of(row(view, a)) || a - b)
          .slice(0, 5);
        expect((await select(id, view, 5)).map((p) => p.row)).toEqual(expected.slice(0, view.candidates.length));
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('k-center: the row farthest from all that is labelled or picked', async () => {
    await fc.assert(
      fc.asyncProperty(setups, async ({ seed, rows, classes }) => {
        const view = pool(seed, rows, classes);
        const { data } = view.embeddings;
        const distance = (a: number, b: number): number =>
          Math.hypot(...Array.from({ length: DIM }, (_, d) => (data[a * DIM + d] ?? 0) - (data[b * DIM + d] ?? 0)));
        const centres = [...view.labelledRows];
        const expected: number[] = [];
        const left = new Set(view.candidates);
        while (expected.length < 4 && left.size > 0) {
          const far = (r: number): number => Math.min(...centres.map((c) => distance(r, c)));
          const best = [...left].sort((a, b) => far(b) - far(a) || a - b)[0] ?? -1;
          expected.push(best);
          centres.push(best);
          left.delete(best);
        }
        expect((await select('k-center', view, 4)).map((p) => p.row)).toEqual(expected);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('expected model change: the norm of the explicit gradient, weighted by belief', async () => {
    const view = pool(11, 40, 4);
    const picks = await select('gradient-length', view, 37);
    for (const { row: r, utility } of picks) {
      const x = [...view.embeddings.data.subarray(r * DIM, (r + 1) * DIM), 1];
      const p = [...view.exact.subarray(r * 4, (r + 1) * 4)];
      let expected = 0;
      for (let y = 0; y < 4; y++) {
        const gradient = p.flatMap((v, c) => x.map((xi) => (v - (c === y ? 1 : 0)) * xi));
        expected += (p[y] ?? 0) * Math.hypot(...gradient);
      }
      expect(utility).toBeCloseTo(expected, 5);
    }
  });
});

describe('the others have the properties that they are for', () => {
  it('members that agree disagree by nothing; members that differ by something', () => {
    const same = Array.from({ length: 5 }, () => Float64Array.of(0.7, 0.2, 0.1));
    expect(voteEntropy(same)).toBe(0);
    expect(meanDivergence(same)).toBeCloseTo(0, 12);
    const apart = [Float64Array.of(1, 0), Float64Array.of(0, 1)];
    expect(voteEntropy(apart)).toBeCloseTo(Math.log(2), 12);
    expect(meanDivergence(apart)).toBeCloseTo(Math.log(2), 12);
    // Equal votes, unequal confidence: only the divergence sees it.
    const confidence = [Float64Array.of(0.99, 0.01), Float64Array.of(0.51, 0.49)];
    expect(voteEntropy(confidence)).toBe(0);
    expect(meanDivergence(confidence)).toBeGreaterThan(0.1);
  });

  it('BADGE starts at the longest gradient and does not take copies while others are left', async () => {
    const view = pool(5, 30, 3);
    const { data } = view.embeddings;
    // Rows 10 to 19 are copies of one another.
    for (let r = 11; r < 20; r++) {
      data.copyWithin(r * DIM, 10 * DIM, 11 * DIM);
      view.exact.copyWithin(r * 3, 10 * 3, 11 * 3);
    }
    const picks = (await select('badge', view, 12)).map((p) => p.row);
    expect(picks.filter((r) => r >= 10 && r < 20).length).toBeLessThanOrEqual(1);
  });

  it('TypiClust takes one of each blob before a second of any', async () => {
    const random = seededRandom(9);
    const rows = 60;
    const data = new Float32Array(rows * DIM);
    for (let r = 0; r < rows; r++) {
      for (let d = 0; d < DIM; d++) data[r * DIM + d] = (d === r % 4 ? 1 : 0) + 0.05 * random.normal();
    }
    const base = pool(1, rows, 2, 0);
    const view: PoolView = { ...base, embeddings: { data, rows, cols: DIM } };
    const picks = (await select('typiclust', view, 4)).map((p) => p.row % 4);
    expect(new Set(picks).size).toBe(4);
  });

  it('ProbCover’s gains never grow, and what is covered is not covered twice', async () => {
    const view = pool(21, 120, 3, 0);
    const gains = (await select('probcover', view, 30)).map((p) => p.utility);
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    expect(gains.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(120);
  });

  it('DropQuery prefers rows whose prediction flips', async () => {
    const base = pool(31, 200, 2, 0);
    const exact = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 0.9 : 0.1));
    // In the passes, rows below 40 change sides.
    const flipped = Float64Array.from(exact, (v, i) => (i < 80 ? 1 - v : v));
    const of = (p: Float64Array) => (rows: Int32Array) =>
      Float64Array.from(Array.from(rows).flatMap((r) => [p[r * 2] ?? 0, p[r * 2 + 1] ?? 0]));
    const view: PoolView = {
      ...base,
      probabilities: { data: Float32Array.from(exact), rows: 200, cols: 2 },
      exactProbabilities: of(exact),
      committee: (_, members) =>
        Promise.resolve({
          members,
          classes: 2,
          probabilities: (rows) =>
            Promise.resolve(
              Float32Array.from(
                Array.from(rows).flatMap((r) =>
                  Array.from({ length: members }, () => [...of(flipped)(Int32Array.of(r))]).flat(),
                ),
              ),
            ),
          exactProbabilities: (rows) => Array.from({ length: members }, () => of(flipped)(rows)),
        }),
    };
    const picks = await select('dropquery', view, 1);
    expect(picks[0]?.row).toBeLessThan(40);
  });
});
