import { describe, expect, it } from 'vitest';
import { sigmoid } from '../../src/domain/head-maths.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { strategies } from '../../src/strategies/index.ts';
import { suits } from '../../src/strategies/shortlist.ts';
import type { Compute, PoolView, Strategy } from '../../src/strategies/strategy.ts';
import { guarded, UNGUARDED, WRAPPERS } from '../../src/strategies/wrappers/compose.ts';
import type { GuardRequest } from '../../src/strategies/wrappers/wrapper.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';

const compute: Compute = new PlainCompute();

interface Shape {
  readonly rows: number;
  readonly classes: number;
  /** Every row the same embedding and the same probabilities. */
  readonly isFlat?: boolean;
  /** Half of the features are the same in every row. */
  readonly isConstant?: boolean;
  /** So many rows in turn have one embedding. */
  readonly copies?: number;
}

/** A pool whose row 0 is labelled; every third row is not a candidate. */
function poolOf({ rows, classes, isFlat = false, isConstant = false, copies = 1 }: Shape): PoolView {
  const random = seededRandom(7);
  const dim = 6;
  const drawn = new Float32Array(rows * dim).map((_, i) =>
    isFlat || (isConstant && i % dim >= dim / 2) ? 1 : random.normal(),
  );
  const data = drawn.map((_, i) => drawn[Math.floor(i / dim / copies) * dim + (i % dim)] as number);
  const exact = new Float64Array(rows * classes);
  for (let r = 0; r < rows; r++) {
    const weights = Array.from({ length: classes }, () => (isFlat ? 1 : Math.exp(2 * random.normal())));
    const sum = weights.reduce((a, b) => a + b, 0);
    weights.forEach((w, c) => (exact[r * classes + c] = w / sum));
  }
  const candidates = Int32Array.from(Array.from({ length: rows }, (_, r) => r).filter((r) => r % 3 !== 0));
  return {
    embeddings: { data, rows, cols: dim },
    probabilities: { data: Float32Array.from(exact), rows, cols: classes },
    candidates,
    labelledRows: Int32Array.of(0),
    labels: Int32Array.of(0),
    classNames: Array.from({ length: classes }, (_, c) => `class ${c}`),
    exactProbabilities: (wanted) => rowsOf(exact, wanted, classes),
    committee: (kind, members) => {
      const all = Array.from({ length: members }, (_, m) =>
        perturbed(exact, classes, m + (kind === 'dropout' ? 50 : 0)),
      );
      return Promise.resolve({
        members,
        classes,
        probabilities: (wanted) =>
          Promise.resolve(
            Float32Array.from(
              Array.from(wanted).flatMap((r) => all.flatMap((p) => [...p.subarray(r * classes, (r + 1) * classes)])),
            ),
          ),
        exactProbabilities: (wanted) => all.map((p) => rowsOf(p, wanted, classes)),
      });
    },
  };
}

/** A head's hidden layer of nine units: the same for a row whatever it is asked with. */
function unitsOf(rows: Int32Array): Float32Array {
  return Float32Array.from({ length: rows.length * 9 }, (_, k) =>
    Math.max(0, Math.sin(3 * (rows[Math.floor(k / 9)] ?? 0) + (k % 9))),
  );
}

function rowsOf(values: Float64Array, wanted: Int32Array, classes: number): Float64Array {
  return Float64Array.from(Array.from(wanted).flatMap((r) => [...values.subarray(r * classes, (r + 1) * classes)]));
}

/** Another head's opinion: every probability times a random factor, normalised again. */
function perturbed(exact: Float64Array, classes: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const out = exact.map((p) => p * Math.exp(random.normal()));
  for (let at = 0; at < out.length; at += classes) {
    const sum = out.subarray(at, at + classes).reduce((a, b) => a + b, 0);
    for (let c = 0; c < classes; c++) out[at + c] = (out[at + c] as number) / sum;
  }
  return out;
}

/** Every strategy as it is, inside each wrapper, and inside all of them. */
const GUARDS: Record<string, GuardRequest> = {
  'near-duplicates': { ...UNGUARDED, nearDuplicates: 0.98 },
  outliers: { ...UNGUARDED, skipsOutliers: true },
  'class-quota': { ...UNGUARDED, quotas: [0, 1, 5].map((column) => ({ column, atLeast: 3 })) },
  subsample: UNGUARDED,
};
const all: GuardRequest = {
  nearDuplicates: 0.98,
  skipsOutliers: true,
  quotas: [0, 1, 5].map((column) => ({ column, atLeast: 3 })),
};
const cases = strategies.flatMap((s): [string, Strategy, boolean][] => [
  [s.id, s, false],
  ...Object.entries(GUARDS).map(([id, guards]): [string, Strategy, boolean] => [
    `${s.id} in ${id}`,
    wrapped(s, guards, id === 'subsample'),
    true,
  ]),
  [`${s.id} in all wrappers`, wrapped(s, all, true), true],
]);

function wrapped(strategy: Strategy, guards: GuardRequest, isSampled: boolean): Strategy {
  const inner = isSampled ? { ...strategy, mostCandidates: 30 } : strategy;
  return { ...strategy, select: guarded(inner, guards) };
}

it('tries every wrapper', () => {
  expect(Object.keys(GUARDS).sort()).toEqual(WRAPPERS.map((w) => w.id).sort());
});

describe.each(cases)('strategy %s', (_, strategy, isWrapped) => {
  it.each([
    ['many rows', { rows: 300, classes: 4 }, 20],
    ['a batch larger than the pool', { rows: 9, classes: 3 }, 50],
    ['one class', { rows: 60, classes: 1 }, 5],
    ['two classes', { rows: 60, classes: 2 }, 5],
    ['150 classes', { rows: 200, classes: 150 }, 10],
    ['features that never vary', { rows: 120, classes: 3, isConstant: true }, 10],
    ['every item three times', { rows: 150, classes: 3, copies: 3 }, 10],
    ['identical rows', { rows: 90, classes: 3, isFlat: true }, 10],
    ['one candidate', { rows: 2, classes: 2 }, 3],
  ] as const)('picks distinct candidates and says why: %s', async (_name, shape, count) => {
    const view = poolOf(shape);
    const picks = await strategy.select(view, count, seededRandom(1), compute);
    const rows = picks.map((p) => p.row);
    expect(rows).toHaveLength(Math.min(count, view.candidates.length));
    expect(new Set(rows).size).toBe(rows.length);
    for (const row of rows) expect(view.candidates).toContain(row);
    for (const { utility, reason } of picks) {
      expect(Number.isFinite(utility)).toBe(true);
      expect(reason).toMatch(/^\S.*\.$/);
    }
    const utilities = picks.map((p) => p.utility);
    expect(utilities).toEqual([...utilities].sort((a, b) => b - a));
  });

  it('gives the same picks for the same seed and leaves the view alone', async () => {
    const view = poolOf({ rows: 240, classes: 5 });
    const before = [...view.candidates];
    const first = await strategy.select(view, 15, seededRandom(3), compute);
    const second = await strategy.select(view, 15, seededRandom(3), compute);
    expect(second).toEqual(first);
    expect([...view.candidates]).toEqual(before);
  });

  it('is not moved by the rounding of a backend', async () => {
    const view = poolOf({ rows: 240, classes: 5 });
    const noise = seededRandom(11);
    const data = view.probabilities?.data.map((p) => p + (noise.next() - 0.5) * 2e-5) ?? new Float32Array();
    const rounded: PoolView = { ...view, probabilities: { data, rows: 240, cols: 5 } };
    expect(await strategy.select(rounded, 15, seededRandom(3), compute)).toEqual(
      await strategy.select(view, 15, seededRandom(3), compute),
    );
  });

  it('reads the units of a hidden layer where the head has one', async () => {
    const view = { ...poolOf({ rows: 240, classes: 5 }), lastInputs: unitsOf };
    const picks = await strategy.select(view, 15, seededRandom(3), compute);
    expect(new Set(picks.map((p) => p.row)).size).toBe(15);
    expect(picks.every((p) => Number.isFinite(p.utility))).toBe(true);
  });

  const forMenu = isWrapped ? null : it;
  forMenu?.('has facts for the menu', () => {
    expect(strategy.summary).toMatch(/\.$/);
    expect(strategy.source).not.toBe('');
    expect(strategy.isColdStart).toBe(!strategy.needsHead);
  });
});

/** The same pool where an item can have several classes: independent probabilities, a threshold for each. */
function poolOfSets(shape: Shape): PoolView {
  const view = poolOf(shape);
  const random = seededRandom(13);
  const exact = new Float64Array(shape.rows * shape.classes).map(() => (shape.isFlat ? 0.3 : random.next()));
  return {
    ...view,
    labels: new Int32Array(),
    probabilities: { data: Float32Array.from(exact), rows: shape.rows, cols: shape.classes },
    exactProbabilities: (wanted) => rowsOf(exact, wanted, shape.classes),
    committee: (kind, members) => {
      const all = Array.from({ length: members }, (_, m) => {
        const own = seededRandom(m + (kind === 'dropout' ? 50 : 0));
        return exact.map((p) => sigmoid(Math.log(p / (1 - p)) + own.normal()));
      });
      return Promise.resolve({
        members,
        classes: shape.classes,
        probabilities: (wanted) =>
          Promise.resolve(
            Float32Array.from(
              Array.from(wanted).flatMap((r) => all.flatMap((p) => [...rowsOf(p, Int32Array.of(r), shape.classes)])),
            ),
          ),
        exactProbabilities: (wanted) => all.map((p) => rowsOf(p, wanted, shape.classes)),
      });
    },
    thresholds: Array.from({ length: shape.classes }, (_, c) => 0.1 + (0.8 * c) / shape.classes),
  };
}

const forSets = strategies.filter((s) => suits(s, 'multi'));
describe.each(forSets.map((s) => [s.id, s] as const))(
  'strategy %s where an item can have several classes',
  (_, strategy) => {
    it.each([
      ['many rows', { rows: 300, classes: 4 }, 20],
      ['a batch larger than the pool', { rows: 9, classes: 3 }, 50],
      ['one class', { rows: 60, classes: 1 }, 5],
      ['150 classes', { rows: 200, classes: 150 }, 10],
      ['identical rows', { rows: 90, classes: 3, isFlat: true }, 10],
    ] as const)('picks distinct candidates and says why: %s', async (_name, shape, count) => {
      const view = poolOfSets(shape);
      const picks = await strategy.select(view, count, seededRandom(1), compute);
      expect(new Set(picks.map((p) => p.row)).size).toBe(Math.min(count, view.candidates.length));
      for (const { row, utility, reason } of picks) {
        expect(view.candidates).toContain(row);
        expect(Number.isFinite(utility)).toBe(true);
        expect(reason).toMatch(/^\S.*\.$/);
        expect(reason).not.toContain('undefined');
      }
    });

    it('is not moved by the rounding of a backend', async () => {
      const view = poolOfSets({ rows: 240, classes: 5 });
      const noise = seededRandom(11);
      const data = view.probabilities?.data.map((p) => p + (noise.next() - 0.5) * 2e-5) ?? new Float32Array();
      const rounded: PoolView = { ...view, probabilities: { data, rows: 240, cols: 5 } };
      expect(await strategy.select(rounded, 15, seededRandom(3), compute)).toEqual(
        await strategy.select(view, 15, seededRandom(3), compute),
      );
    });
  },
);

describe('strategies where an item can have several classes', () => {
  it('are those without a head and those that say so; the default ones are among them', () => {
    const ids = forSets.map((s) => s.id);
    expect(ids).toEqual(expect.arrayContaining(['uherding', 'max-herding', 'margin', 'random']));
    expect(ids).toEqual(expect.arrayContaining(['vote-entropy', 'committee-kl', 'bald']));
    expect(ids).not.toContain('dropquery');
    expect(ids).not.toContain('least-confidence');
  });

  const view = poolOfSets({ rows: 300, classes: 4 });
  const thresholds = Array.from(view.thresholds ?? []);
  const exact = (row: number): number[] => [...(view.exactProbabilities?.(Int32Array.of(row)) ?? [])];
  const logit = (p: number): number => Math.log(p / (1 - p));
  const score: Record<string, (p: number[]) => number> = {
    // The class whose logit is nearest to that of its threshold.
    margin: (p) => -Math.min(...p.map((v, c) => Math.abs(logit(v) - logit(thresholds[c] ?? 0.5)))),
    entropy: (p) => p.reduce((sum, v) => sum - v * Math.log(v) - (1 - v) * Math.log(1 - v), 0),
  };
  it.each(Object.entries(score))('%s picks exactly the rows of a plain implementation', async (id, utility) => {
    const expected = [...view.candidates].sort((a, b) => utility(exact(b)) - utility(exact(a)) || a - b).slice(0, 25);
    const strategy = strategies.find((s) => s.id === id);
    const picks = await strategy?.select(view, 25, seededRandom(1), compute);
    expect(picks?.map((p) => p.row)).toEqual(expected);
  });
});

describe('uncertainty strategies against a plain implementation', () => {
  const view = poolOf({ rows: 300, classes: 4 });
  const exact = (row: number): number[] =>
    [...(view.exactProbabilities?.(Int32Array.of(row)) ?? [])].sort((a, b) => b - a);
  const score: Record<string, (p: number[]) => number> = {
    'least-confidence': (p) => 1 - (p[0] ?? 0),
    margin: (p) => (p[1] ?? 0) - (p[0] ?? 0),
    entropy: (p) => -p.reduce((sum, x) => sum + x * Math.log(x), 0),
  };
  it.each(Object.entries(score))('%s picks exactly the same rows', async (id, utility) => {
    const expected = [...view.candidates].sort((a, b) => utility(exact(b)) - utility(exact(a)) || a - b).slice(0, 25);
    const strategy = strategies.find((s) => s.id === id);
    const picks = await strategy?.select(view, 25, seededRandom(1), compute);
    expect(picks?.map((p) => p.row)).toEqual(expected);
  });
});

describe('strategies that read the gradient of the head’s last layer', () => {
  const flat = poolOf({ rows: 240, classes: 5 });
  it.each(['badge', 'gradient-length'])('%s picks otherwise when its inputs are other ones', async (id) => {
    const strategy = strategies.find((s) => s.id === id);
    const of = async (view: PoolView) =>
      (await strategy?.select(view, 15, seededRandom(3), compute))?.map((p) => p.row);
    const scaled = (rows: Int32Array): Float32Array =>
      Float32Array.from({ length: rows.length * 2 }, (_, k) => ((rows[k >> 1] ?? 0) % 7) * 3 + 1);
    expect(await of({ ...flat, lastInputs: scaled })).not.toEqual(await of(flat));
    const { data, cols } = flat.embeddings;
    const own = (rows: Int32Array): Float32Array =>
      Float32Array.from(Array.from(rows).flatMap((r) => [...data.subarray(r * cols, (r + 1) * cols)]));
    expect(await of({ ...flat, lastInputs: own })).toEqual(await of(flat));
  });
});
