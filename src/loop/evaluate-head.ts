import { oneClassOf } from '../domain/events.ts';
import type { ProjectState } from '../domain/fold.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import { bootstrapInterval, wilsonInterval, type Interval } from '../domain/intervals.ts';
import { classificationReport } from '../domain/metrics.ts';
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
  readonly perClass: readonly {
    readonly classId: ClassId;
    readonly precision: number | null;
    readonly recall: number | null;
    readonly f1: number | null;
    readonly support: number;
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
    readonly precisionInterval: Interval;
    readonly recallInterval: Interval;
    readonly f1Interval: Interval;
    /** Test items that have the class and don't get it, and the other way round. */
    readonly missed: readonly ItemId[];
    readonly added: readonly ItemId[];
    /** Test items that were labelled before the class was there: they don't count for it. */
    readonly notAsked: readonly ItemId[];
  }[];
}

const RESAMPLES = 400;

/**
 * Compares a checkpoint's predictions with the labels of the test set. Accuracy has a Wilson interval, macro-F1 a
 * percentile bootstrap over test items (seeded); both 95 %. Classes in schema order; ones neither labelled nor
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
  const macroF1Interval = bootstrapInterval(
    pairs.length,
    (sample) =>
      classificationReport(
        Int32Array.from(sample, (i) => truth[i] ?? 0),
        Int32Array.from(sample, (i) => guess[i] ?? 0),
        classes.length,
      ).macroF1,
    seededRandom(hashSeed(seed, 'macro-f1')),
    RESAMPLES,
  );
  const cellItems = classes.map((t) =>
    classes.map((g) => pairs.filter((p) => p.truth === t && p.guess === g).map((p) => p.item)),
  );
  return {
    n: pairs.length,
    accuracy: report.accuracy,
    accuracyInterval: wilsonInterval(hits, pairs.length),
    macroF1: report.macroF1,
    macroF1Interval,
    perClass: classes.map((classId, i) => ({ classId, ...perClass(report.perClass[i]) })),
    confusion: report.confusion,
    cellItems,
  };
}

function perClass(
  row: { precision: number | null; recall: number | null; f1: number | null; support: number } | undefined,
) {
  return row ?? { precision: null, recall: null, f1: null, support: 0 };
}
