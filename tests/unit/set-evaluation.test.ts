import { describe, expect, it } from 'vitest';
import type { WinnowEvent } from '../../src/domain/events.ts';
import { ProjectFold } from '../../src/domain/fold.ts';
import { classId, eventId, itemId, type ClassId, type ItemId } from '../../src/domain/ids.ts';
import { UNKNOWN } from '../../src/domain/membership.ts';
import { isSetRight, setReport } from '../../src/domain/set-metrics.ts';
import { setProbabilityReport } from '../../src/domain/set-probabilities.ts';
import { opinionOf, setDoubts, successiveKappas } from '../../src/loop/compare-checkpoints.ts';
import { evaluateSets, rightItems, setEvidence } from '../../src/loop/evaluate-sets.ts';
import { imitateRandomSampling } from '../../src/loop/imitate-random.ts';
import type { Learner } from '../../src/loop/learner-ports.ts';
import { crossValidatedSeed } from '../../src/loop/seed-estimate.ts';
import { HEAD } from '../fixtures/bundle-project.ts';

const [N, C] = [40, 3];
const cell = (k: number): [number, number] => [Math.floor(k / C), k % C];
const p = Float64Array.from({ length: N * C }, (_, k) => (Math.sin(3.1 * cell(k)[0] + 1.7 * cell(k)[1]) + 1) / 2);
const truth = Uint8Array.from({ length: N * C }, (_, k) => {
  const [i, c] = cell(k);
  return Math.sin(3.1 * i + 1.7 * c) + 1.2 * Math.cos(5.3 * i * (c + 1)) > ([0.2, 0.8, 1.1][c] ?? 0) ? 1 : 0;
});
const given = Uint8Array.from(p, (v, k) => (v >= ([0.5, 0.6, 0.9][k % C] ?? 1) ? 1 : 0));
const all = Int32Array.from({ length: N }, (_, i) => i);
const classes = ['c1', 'c2', 'c3'].map((c) => classId(c));
const never = new AbortController().signal;

/**
 * scikit-learn 1.2.1 on the same tables: accuracy_score, hamming_loss, f1_score (micro, macro, None), precision_score,
 * recall_score, average_precision_score, roc_auc_score, the mean of log_loss over the columns, and ((P - Y) ** 2).mean().
 */
const REFERENCE = {
  subset: 0.45,
  hamming: 0.2,
  micro: 0.7,
  macro: 0.742347,
  precision: [0.666667, 0.473684, 1],
  recall: [0.777778, 0.818182, 0.833333],
  f1: [0.717949, 0.6, 0.909091],
  averagePrecision: [0.699197, 0.647884, 1],
  auc: [0.737374, 0.84326, 1],
  logLoss: 0.723602,
  brier: 0.215964,
};
const near = (found: readonly (number | null)[], expected: readonly number[]): void =>
  expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 6));

describe('figures of sets', () => {
  const report = setReport(truth, given, C, all);

  it('are those of scikit-learn', () => {
    near(
      [report.subsetAccuracy, report.hammingLoss, report.microF1, report.macroF1],
      [REFERENCE.subset, REFERENCE.hamming, REFERENCE.micro, REFERENCE.macro],
    );
    near(
      report.perClass.map((c) => c.precision),
      REFERENCE.precision,
    );
    near(
      report.perClass.map((c) => c.recall),
      REFERENCE.recall,
    );
    near(
      report.perClass.map((c) => c.f1),
      REFERENCE.f1,
    );
    const probabilities = setProbabilityReport(p, truth, classes, 1);
    near(
      [probabilities?.logLoss?.value ?? null, probabilities?.brier.value ?? null],
      [REFERENCE.logLoss, REFERENCE.brier],
    );
    near(probabilities?.perClass.map((c) => c.averagePrecision) ?? [], REFERENCE.averagePrecision);
    near(probabilities?.perClass.map((c) => c.auc) ?? [], REFERENCE.auc);
  });

  it('leave decisions out of which the truth is unknown', () => {
    const part = truth.map((t, k) => (k % C === 2 ? UNKNOWN : t));
    const two = (m: Uint8Array): Uint8Array => m.filter((_, k) => k % C !== 2);
    const expected = setReport(two(truth), two(given), 2, all);
    const found = setReport(part, given, C, all);
    expect({ ...found, perClass: found.perClass.slice(0, 2) }).toEqual(expected);
    expect(found.perClass[2]).toMatchObject({ support: 0, f1: null });
  });

  it('say nothing of a class that no item has or gets, and 0 where nothing is found', () => {
    const none = new Uint8Array(N * C);
    expect(setReport(none, none, C, all)).toMatchObject({ subsetAccuracy: 1, hammingLoss: 0, microF1: 0, macroF1: 0 });
    expect(setReport(truth, none, C, all)).toMatchObject({ microF1: 0, macroF1: 0 });
    expect(setReport(none, none, C, [])).toMatchObject({ subsetAccuracy: 0, hammingLoss: 0 });
  });

  it('hold intervals around the value, and none with under 30 items', () => {
    const full = setProbabilityReport(p, truth, classes, 1);
    for (const m of [full?.logLoss, full?.brier, full?.calibrationError]) {
      expect(m?.interval.low).toBeLessThan(m?.value ?? 0);
      expect(m?.interval.high).toBeGreaterThan(m?.value ?? 1);
    }
    expect(setProbabilityReport(p.slice(0, 29 * C), truth.slice(0, 29 * C), classes, 1)).toBeNull();
  });
});

const hex = (n: number): ItemId => itemId(n.toString(16).padStart(64, '0'));

/** A project whose test items 0..N-1 have the classes of `truth`; item N is of the pool; c3 came after the first five. */
function project(): ReturnType<ProjectFold['state']> {
  const events: WinnowEvent[] = [];
  const add = (e: object): void => {
    events.push({ id: eventId(`e${events.length}`), seq: events.length + 1, at: 0, ...e } as WinnowEvent);
  };
  const schema = (count: number, isHidden = false): object => ({
    kind: 'schema-changed',
    schema: {
      version: count,
      classes: classes.slice(0, count).map((id) => ({ id, name: id, key: null, guideline: '', colour: 0, isHidden })),
    },
  });
  const settings = { task: 'multi', testSize: N, batchSize: 5, randomShare: 0, strategy: 's', coldStart: 'c' };
  add({ kind: 'project-created', format: 2, name: 'P', modality: 'text', seed: 1, settings, hasReference: false });
  add(schema(2));
  add({ kind: 'split-drawn', seed: 1, test: Array.from(all, hex), excluded: [] });
  for (const i of all) {
    if (i === 5) add(schema(3));
    const classIds = classes.filter((_, c) => truth[i * C + c] === 1 && (i >= 5 || c < 2));
    add({ kind: 'label-set', item: hex(i), classIds, annotator: 'me', durationMs: 0, suggestions: null, round: null });
  }
  return ProjectFold.of(events).state();
}
const givenMap = (): Map<ItemId, ClassId[]> =>
  new Map(Array.from(all, (i) => [hex(i), classes.filter((_, c) => given[i * C + c] === 1)]));

describe('a checkpoint against the labels of the test set', () => {
  const state = project();
  const report = evaluateSets(state, givenMap(), 3);
  const known = truth.map((t, k) => (k % C === 2 && k < 5 * C ? UNKNOWN : t));

  it('has the figures of the known decisions, with intervals around them', () => {
    const expected = setReport(known, given, C, all);
    expect(report).toMatchObject({ n: N, accuracy: expected.subsetAccuracy, macroF1: expected.macroF1, confusion: [] });
    expect(report.sets).toMatchObject({ microF1: expected.microF1, hammingLoss: expected.hammingLoss });
    expect(report.perClass.map((c) => c.support)).toEqual(expected.perClass.map((c) => c.support));
    for (const [value, interval] of [
      [report.macroF1, report.macroF1Interval],
      [report.accuracy, report.accuracyInterval],
      [report.sets?.microF1, report.sets?.microF1Interval],
      [report.sets?.hammingLoss, report.sets?.hammingLossInterval],
      [report.perClass[1]?.f1, report.perClass[1]?.f1Interval],
    ] as const) {
      expect(interval?.low).toBeLessThan(value ?? 0);
      expect(interval?.high).toBeGreaterThan(value ?? 1);
    }
    expect(evaluateSets(state, givenMap(), 3)).toEqual(report);
  });

  it('stays open where nothing is wrong: 40 items without a mistake do not prove that there is none', () => {
    const perfect = new Map(
      Array.from(all, (i) => [hex(i), classes.filter((_, c) => known[i * C + c] === 1)] as const),
    );
    const own = evaluateSets(state, perfect, 3);
    expect([own.accuracy, own.macroF1, own.sets?.hammingLoss]).toEqual([1, 1, 0]);
    for (const { low, high } of [own.accuracyInterval, own.macroF1Interval, own.weightedF1Interval]) {
      expect(low).toBeLessThan(0.95);
      expect(high).toBe(1);
    }
    expect(own.sets?.microF1Interval.low).toBeLessThan(0.95);
    expect(own.sets?.hammingLossInterval.high).toBeGreaterThan(0.05);
  });

  it('names the items behind every mistake', () => {
    const expected = (has: number, c: number): ItemId[] =>
      Array.from(all)
        .filter((i) => known[i * C + c] === has && given[i * C + c] === 1 - has)
        .map(hex);
    report.sets?.perClass.forEach((own, c) => {
      expect([own.missed, own.added]).toEqual([expected(1, c), expected(0, c)]);
      expect(own.notAsked).toEqual(c === 2 ? [0, 1, 2, 3, 4].map(hex) : []);
    });
    expect(report.sets?.perClass[1]?.added.length).toBeGreaterThan(0);
  });

  it('shows a class that came after every test label, without figures', () => {
    const late = classId('c4');
    const schema = { version: 9, classes: [...state.schema.classes, { ...state.schema.classes[0], id: late }] };
    const after = { ...state, schema, classSince: new Map(state.classSince).set(late, 999) } as typeof state;
    const own = evaluateSets(after, givenMap(), 3);
    expect(own.perClass.at(-1)).toMatchObject({ classId: late, precision: null, recall: null, f1: null, support: 0 });
    expect(own.sets?.perClass.at(-1)?.notAsked).toHaveLength(N);
    expect(own.macroF1).toBe(report.macroF1);
  });

  it('counts an item as right when all its known classes are', () => {
    const evidence = setEvidence(state, givenMap());
    expect(rightItems(evidence)).toEqual(Array.from(all, (i) => isSetRight(known, given, C, i)));
    expect(setEvidence(state, new Map()).items).toEqual([]);
  });
});

describe('checkpoints beside each other', () => {
  const head = { ...HEAD, classes: classes.slice(0, 2), thresholds: Float32Array.of(0.5, 0.2) };
  const learner = {
    probabilities: () => Promise.resolve(Float32Array.of(0.75, 0.25, 0.25, 0.125)),
  } as unknown as Learner;

  it('decide about each class of each row, and doubt that all decisions are right', async () => {
    const opinion = await opinionOf(
      head,
      Int32Array.of(4, 7),
      [classes[2], classes[1], classes[0]] as ClassId[],
      learner,
    );
    expect([...opinion.decisions]).toEqual([0, 1, 1, 0, 0, 0]);
    expect([...opinion.doubt]).toEqual([1 - 0.75 * 0.25, 1 - 0.75 * 0.875]);
    expect([...setDoubts([], [0.5])]).toEqual([]);
  });

  it('agree by Cohen’s kappa over all decisions', () => {
    const of = (...decisions: number[]) => ({ decisions: Int32Array.from(decisions), doubt: new Float64Array() });
    const kappas = successiveKappas([of(1, 1, 0, 0), of(1, 0, 0, 0), of(1, 0, 0, 0)], 3);
    expect(kappas).toEqual([0.5, 1]);
    expect(successiveKappas([of(0, 0), of(0, 0)], 1)).toEqual([0]);
  });
});

describe('heads of random parts, and of folds', () => {
  /** A head that knows the sets of rows whose parity it has seen. */
  const knowing =
    (seen: number[]) =>
    (
      { rows, targets, classCount }: { rows: Int32Array; targets?: Uint8Array | undefined; classCount: number },
      test: Int32Array,
    ) => {
      seen.push(targets?.length ?? -1);
      const byParity = new Map(
        Array.from(rows, (row, i) => [row % 2, targets?.slice(i * classCount, (i + 1) * classCount)]),
      );
      return Promise.resolve(Int32Array.from([...test].flatMap((row) => [...(byParity.get(row % 2) ?? [0, 0])])));
    };
  const rows = Array.from({ length: 50 }, (_, i) => 100 + i);
  const targets = Uint8Array.from(rows.flatMap((row) => (row % 2 === 0 ? [1, 1] : [0, 0])));

  it('imitate random sampling with sets: right is right in every class', async () => {
    const seen: number[] = [];
    const sets = { targets, width: 2 };
    const splits = await imitateRandomSampling(
      { rows, classes: [], sets, pool: new Int32Array(), seed: 3 },
      knowing(seen),
      never,
      () => undefined,
    );
    expect(splits).toHaveLength(100);
    expect(seen).toEqual(splits.map((s) => s.labels * 2));
    expect(splits.filter((s) => s.labels === 40).every((s) => Array.from(s.isRight).every(Boolean))).toBe(true);
  });

  it('give a first look at the labels so far, against always naming the commonest set', async () => {
    const set = {
      rows: Int32Array.from(rows),
      labels: new Int32Array(),
      targets,
      classes: classes.slice(0, 2),
      events: [],
    };
    const look = await crossValidatedSeed(set, new Int32Array(), 1, knowing([]), never);
    expect(look).toMatchObject({ accuracy: 1, chance: 0.5, n: 50, isNoBetterThanChance: false });
    const same = { ...set, targets: new Uint8Array(100) };
    expect(await crossValidatedSeed(same, new Int32Array(), 1, knowing([]), never)).toBeNull();
  });
});
