import type { ProjectState } from '../domain/project-state.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import { bootstrapInterval, wilsonInterval, type Interval } from '../domain/intervals.ts';
import { memberships, PRESENT, UNKNOWN } from '../domain/membership.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import { isSetRight, setReport, type SetReport } from '../domain/set-metrics.ts';
import { classIntervals, type TestReport } from './evaluate-head.ts';

/** Labelled test items of which a checkpoint said something; row-major [items, classes]. */
export interface SetEvidence {
  readonly items: readonly ItemId[];
  /** The classes that are offered, in schema order. */
  readonly classes: readonly ClassId[];
  /** `memberships`. */
  readonly truth: Uint8Array;
  /** 1 where the checkpoint gives the class. */
  readonly given: Uint8Array;
}

const RESAMPLES = 400;

/** What the test set says of a checkpoint that gives each item a set of classes. */
export function setEvidence(state: ProjectState, given: ReadonlyMap<ItemId, readonly ClassId[]>): SetEvidence {
  const known = [...state.test].flatMap((item) => {
    const label = state.labels.get(item);
    return label && given.has(item) ? [{ item, label }] : [];
  });
  const classes = state.schema.classes.filter((c) => !c.isHidden).map((c) => c.id);
  const items = known.map((k) => k.item);
  return {
    items,
    classes,
    truth: memberships(
      state,
      known.map((k) => k.label),
      classes,
    ),
    given: Uint8Array.from(items.flatMap((item) => classes.map((c) => (given.get(item)?.includes(c) ? PRESENT : 0)))),
  };
}

/** Whether every known decision about each item is right. */
export function rightItems({ items, classes, truth, given }: SetEvidence): boolean[] {
  return items.map((_, i) => isSetRight(truth, given, classes.length, i));
}

/**
 * The report of a checkpoint that gives sets. "Accuracy" is the share of items whose classes are all right (Wilson); the
 * other intervals are percentile bootstraps over items (seeded), those of a class Wilson's; all 95 %.
 */
export function evaluateSets(
  state: ProjectState,
  given: ReadonlyMap<ItemId, readonly ClassId[]>,
  seed: number,
): TestReport {
  const evidence = setEvidence(state, given);
  const { items, classes, truth } = evidence;
  const n = items.length;
  const all = Int32Array.from({ length: n }, (_, i) => i);
  const report = setReport(truth, evidence.given, classes.length, all);
  const samples: SetReport[] = [];
  bootstrapInterval(
    n,
    (sample) => {
      samples.push(setReport(truth, evidence.given, classes.length, sample));
      return 0;
    },
    seededRandom(hashSeed(seed, 'sets')),
    RESAMPLES,
  );
  const right = rightItems(evidence).filter(Boolean).length;
  const accuracyInterval = wilsonInterval(right, n);
  // Where nothing is wrong resampling can show no mistake either; then what accuracy leaves open stays open.
  const spread = (of: (r: SetReport) => number | null): Interval =>
    right === n ? accuracyInterval : percentiles(samples.map(of));
  const itemsWhere = (c: number, has: boolean): ItemId[] =>
    items.filter((_, i) => {
      const k = i * classes.length + c;
      return truth[k] === (has ? PRESENT : 0) && (evidence.given[k] === PRESENT) !== has;
    });
  const notAsked = (c: number): ItemId[] => items.filter((_, i) => truth[i * classes.length + c] === UNKNOWN);
  const shown = classes
    .map((classId, c) => ({ classId, c, own: report.perClass[c] }))
    .filter(({ own, c }) => own?.f1 != null || notAsked(c).length > 0);
  return {
    n,
    accuracy: report.subsetAccuracy,
    accuracyInterval,
    macroF1: report.macroF1,
    macroF1Interval: spread((r) => r.macroF1),
    weightedF1: weighted(report),
    weightedF1Interval: spread(weighted),
    perClass: shown.map(({ classId, own }) => ({
      classId,
      precision: own?.precision ?? null,
      recall: own?.recall ?? null,
      f1: own?.f1 ?? null,
      support: own?.support ?? 0,
      given: (own?.found ?? 0) + (own?.added ?? 0),
      ...classIntervals(own?.found ?? 0, own?.support ?? 0, (own?.found ?? 0) + (own?.added ?? 0)),
    })),
    confusion: [],
    cellItems: [],
    sets: {
      microF1: report.microF1,
      microF1Interval: spread((r) => r.microF1),
      hammingLoss: report.hammingLoss,
      hammingLossInterval:
        right === n ? { low: 0, high: 1 - accuracyInterval.low } : percentiles(samples.map((r) => r.hammingLoss)),
      perClass: shown.map(({ c }) => ({
        missed: itemsWhere(c, true),
        added: itemsWhere(c, false),
        notAsked: notAsked(c),
      })),
    },
  };
}

/** Mean F1 by how many items have the class. */
function weighted({ perClass }: SetReport): number {
  const total = perClass.reduce((sum, c) => sum + c.support, 0);
  return total > 0 ? perClass.reduce((sum, c) => sum + (c.f1 ?? 0) * c.support, 0) / total : 0;
}

/** 2.5 and 97.5 % of the values that there are; [0, 1] without any. */
function percentiles(values: readonly (number | null)[]): Interval {
  const sorted = values.filter((v) => v !== null).sort((a, b) => a - b);
  const at = (share: number): number | undefined =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { low: at(0.025) ?? 0, high: at(0.975) ?? 1 };
}
