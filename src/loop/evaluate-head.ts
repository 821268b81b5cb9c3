import { oneClassOf } from '../domain/events.ts';
import type { ProjectState } from '../domain/project-state.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import { bootstrapInterval, f1Interval, wilsonInterval, type Interval } from '../domain/intervals.ts';
import { classificationReport, type ClassificationReport } from '../domain/metrics.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';

export type { Interval } from '../domain/intervals.ts';

export interface TestReport {
  /** Labelled test items behind every number. */
  readonly n: number;
  /** Share of items that are right; where an item can have several classes, in all of them. */
  readonly accuracy: number;
  readonly accuracyInterval: Interval;
  readonly macroF1: number;
  readonly macroF1Interval: Interval;
  readonly weightedF1: number;
  readonly weightedF1Interval: Interval;
  readonly perClass: readonly {
    readonly classId: ClassId;
    readonly precision: number | null;
    readonly recall: number | null;
    readonly f1: number | null;
    readonly support: number;
    /** Test items that get the class. */
    readonly given: number;
    readonly precisionInterval: Interval;
    readonly recallInterval: Interval;
    readonly f1Interval: Interval;
  }[];
  /** [truth][predicted], in the order of `perClass`. */
  readonly confusion: readonly (readonly number[])[];
  readonly cellItems: readonly (readonly (readonly ItemId[])[])[];
  /** Only where an item can have several classes; `confusion` and `cellItems` are empty then. */
  readonly sets?: SetFigures;
}
export interface SetFigures {
  readonly microF1: number;
  readonly microF1Interval: Interval;
  /** Share of the decisions about an item and a class that are wrong. */
  readonly hammingLoss: number;
  readonly hammingLossInterval: Interval;
  /** In the order of `perClass` above. */
  readonly perClass: readonly {
    /** Test items that have the class and don't get it, and the other way round. */
    readonly missed: readonly ItemId[];
    readonly added: readonly ItemId[];
    /** Test items that were labelled before the class was there: they don't count for it. */
    readonly notAsked: readonly ItemId[];
  }[];
}

const RESAMPLES = 400;

/**
 * Compares a checkpoint's predictions with the labels of the test set. Accuracy and the scores of a class have
 * Wilson intervals, F1 over classes a percentile bootstrap over test items (seeded); all 95 %. Classes in schema order; ones neither labelled nor
 * predicted are left out.
 */
export function evaluateTestSet(
  state: ProjectState,
  predicted: ReadonlyMap<ItemId, ClassId>,
  seed: number,
): TestReport {
  const pairs = [...state.test].flatMap((item) => {
    const truth = oneClassOf(state.labels.get(item));
    const guess = predicted.get(item);
    return truth && guess ? [{ item, truth, guess }] : [];
  });
  const seen = new Set(pairs.flatMap((p) => [p.truth, p.guess]));
  const classes = state.schema.classes.map((c) => c.id).filter((id) => seen.has(id));
  const index = new Map(classes.map((id, i) => [id, i]));
  const truth = Int32Array.from(pairs, (p) => index.get(p.truth) ?? 0);
  const guess = Int32Array.from(pairs, (p) => index.get(p.guess) ?? 0);
  const report = classificationReport(truth, guess, classes.length);
  const hits = pairs.filter((p) => p.truth === p.guess).length;
  const accuracyInterval = wilsonInterval(hits, pairs.length);
  const spread = (name: string, of: (r: ClassificationReport) => number): Interval => {
    // Where nothing is wrong resampling can show no mistake either; then what accuracy leaves open stays open.
    if (hits === pairs.length) return accuracyInterval;
    return bootstrapInterval(
      pairs.length,
      (sample) =>
        of(
          classificationReport(
            sample.map((i) => truth[i] ?? 0),
            sample.map((i) => guess[i] ?? 0),
            classes.length,
          ),
        ),
      seededRandom(hashSeed(seed, name)),
      RESAMPLES,
    );
  };
  const cellItems = classes.map((t) =>
    classes.map((g) => pairs.filter((p) => p.truth === t && p.guess === g).map((p) => p.item)),
  );
  return {
    n: pairs.length,
    accuracy: report.accuracy,
    accuracyInterval,
    macroF1: report.macroF1,
    macroF1Interval: spread('macro-f1', (r) => r.macroF1),
    weightedF1: report.weightedF1,
    weightedF1Interval: spread('weighted-f1', (r) => r.weightedF1),
    perClass: classes.map((classId, i) => perClass(classId, report, i)),
    confusion: report.confusion,
    cellItems,
  };
}

function perClass(classId: ClassId, { perClass: all, confusion }: ClassificationReport, c: number) {
  const own = all[c] ?? { precision: null, recall: null, f1: null, support: 0 };
  const hits = confusion[c]?.[c] ?? 0;
  const given = confusion.reduce((sum, line) => sum + (line[c] ?? 0), 0);
  return { classId, ...own, given, ...classIntervals(hits, own.support, given) };
}

/** 95 % intervals of the scores of one class. @param hits items that have it and get it */
export function classIntervals(hits: number, support: number, given: number) {
  return {
    precisionInterval: wilsonInterval(hits, given),
    recallInterval: wilsonInterval(hits, support),
    f1Interval: f1Interval(hits, support + given - hits),
  };
}
