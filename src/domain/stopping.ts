import { meanMargin, type Interval } from './intervals.ts';

export type CriterionState = 'met' | 'not-met' | 'too-early';
export interface Criterion {
  readonly id: 'stable' | 'pool-error' | 'flat' | 'target' | 'budget';
  readonly name: string;
  readonly state: CriterionState;
  /** In plain words, with the numbers. */
  readonly sentence: string;
}
export type TargetMetric = 'accuracy' | 'macroF1' | 'weightedF1';
export interface StoppingThresholds {
  /** Mean kappa of successive predictions from which the model counts as settled. */
  readonly kappa: number;
  /** Expected share of wrong predictions on the pool that is good enough. */
  readonly poolError: number;
  /** Gain in accuracy per 50 labels below which the curve counts as flat; the upper end of its interval must lie below. */
  readonly slope: number;
  /** What is aimed for, 0..1, in terms of `metric`; accuracy when absent. */
  readonly target: number;
  readonly metric?: TargetMetric | undefined;
  /** Labels that may be spent. */
  readonly budget: number;
}
export const DEFAULT_THRESHOLDS: StoppingThresholds = {
  kappa: 0.99,
  poolError: 0.05,
  slope: 0.01,
  target: 0.9,
  budget: 500,
};
export interface PoolError {
  readonly share: number;
  readonly interval: Interval;
}
export interface CurveEvidence {
  readonly labels: number;
  readonly accuracy: number;
  /** Whether each test item was right, the same items in the same order for each checkpoint; without it a slope has no interval. */
  readonly isRight?: ArrayLike<boolean | number>;
}
export interface StoppingEvidence {
  /** Cohen's kappa of the pool predictions of successive checkpoints, oldest first. */
  readonly kappas: readonly number[];
  /** Expected share of wrong predictions on the pool, corrected on the test set; null when unknown. */
  readonly poolError: PoolError | null;
  /** Accuracy on the test set by number of training labels, oldest first. */
  readonly curve: readonly CurveEvidence[];
  readonly accuracyInterval: Interval | null;
  /** Of the target's metric and its name in a sentence, where that is not accuracy. */
  readonly targetInterval?: Interval | null;
  readonly targetMeasure?: string;
  readonly labels: number;
  /** What "accuracy" is here, in the middle of a sentence; "accuracy" when absent. */
  readonly measure?: string;
}

/** Rounds over which kappa and the slope are averaged. */
const WINDOW = 3;
const PER_LABELS = 50;
/** Share of the half width of a 95 % interval at which an upper bound holds in 90 of 100 cases. */
const UPPER_90 = 1.2816 / 1.96;

/**
 * What speaks for stopping. Advice only: nothing stops by itself. Stability of predictions: Bloodgood and Vijay-Shanker
 * 2009; expected error: Zhu, Wang and Hovy 2008; the others are the user's own aims.
 */
export function stoppingAdvice(e: StoppingEvidence, t: StoppingThresholds): Criterion[] {
  return [settled(e, t), error(e, t), flat(e, t), target(e, t), budget(e, t)];
}

/**
 * Expected share of wrong predictions on items without a label: their mean 1 - p1, corrected by what the test set shows that to
 * miss (prediction-powered inference: Angelopoulos et al. 2023). Every such item is counted, so the 95 % interval is that of the
 * correction. The test set is a random sample of all items; what is unlabelled is what queries have left, where doubt
 * may err by another amount than on average.
 * @param pool 1 - p1 of items without a label @param test the same of test items @param isWrong whether each test item was wrong
 */
export function expectedPoolError(
  pool: ArrayLike<number>,
  test: ArrayLike<number>,
  isWrong: ArrayLike<boolean | number>,
): PoolError | null {
  if (pool.length === 0 || test.length === 0) return null;
  let believed = 0;
  for (let i = 0; i < pool.length; i++) believed += (pool[i] as number) / pool.length;
  const missed = Float64Array.from({ length: test.length }, (_, i) => (isWrong[i] ? 1 : 0) - (test[i] as number));
  const share = believed + average(missed);
  const doubt = average(Float64Array.from(test));
  const margin = meanMargin(missed, -doubt, 1 - doubt);
  return { share: within(share), interval: { low: within(share - margin), high: within(share + margin) } };
}

function settled({ kappas }: StoppingEvidence, { kappa }: StoppingThresholds): Criterion {
  const base = { id: 'stable', name: 'Predictions have settled' } as const;
  if (kappas.length < WINDOW) {
    const more = WINDOW - kappas.length;
    return { ...base, state: 'too-early', sentence: `Needs ${more} more ${more === 1 ? 'batch' : 'batches'} to tell.` };
  }
  const mean = average(kappas.slice(-WINDOW));
  // Rounded down: what is not settled never reads as if it were.
  const shown = (Math.floor(1000 * mean) / 1000).toFixed(3);
  return {
    ...base,
    state: mean >= kappa ? 'met' : 'not-met',
    sentence: `Over the last ${WINDOW} batches the predictions agree with a kappa of ${shown}; ${kappa} counts as settled.`,
  };
}

function error({ poolError }: StoppingEvidence, t: StoppingThresholds): Criterion {
  const base = { id: 'pool-error', name: 'Few errors left to expect' } as const;
  if (poolError === null) return { ...base, state: 'too-early', sentence: 'Needs test labels and a model to tell.' };
  const { share, interval } = poolError;
  const isOpen = share <= t.poolError && interval.high > t.poolError;
  const open = isOpen ? ' More test items would tell whether it is as few.' : '';
  return {
    ...base,
    state: isOpen ? 'too-early' : share <= t.poolError ? 'met' : 'not-met',
    sentence: `About ${percent(share)} of the items without a label are probably predicted wrong (95 % interval ${percent(interval.low)} to ${percent(interval.high)}); ${percent(t.poolError)} counts as few.${open}`,
  };
}

function flat({ curve, measure = 'accuracy' }: StoppingEvidence, { slope }: StoppingThresholds): Criterion {
  const base = { id: 'flat', name: 'The curve is flat' } as const;
  const part = curve.slice(-(WINDOW + 1));
  const [first, last] = [part[0], part.at(-1)];
  if (part.length <= WINDOW || !first || !last || last.labels <= first.labels) {
    return { ...base, state: 'too-early', sentence: `Needs ${WINDOW + 1} models with test labels to tell.` };
  }
  const gain = leastSquaresSlope(part) * PER_LABELS;
  const margin = slopeMargin(part) * PER_LABELS;
  const between = Number.isFinite(margin)
    ? ` (95 % interval ${points(gain - margin)} to ${points(gain + margin)})`
    : '';
  const isFlat = gain + UPPER_90 * margin < slope;
  const isOpen = !isFlat && gain < slope;
  const open = isOpen ? ' More test items, or more batches, would tell whether it is as little.' : '';
  return {
    ...base,
    state: isFlat ? 'met' : isOpen ? 'too-early' : 'not-met',
    sentence: `The last ${WINDOW} batches changed ${measure} by ${points(gain)} per ${PER_LABELS} labels${between}; less than ${points(slope)} counts as flat.${open}`,
  };
}

function target(e: StoppingEvidence, t: StoppingThresholds): Criterion {
  const measure = e.targetMeasure ?? e.measure ?? 'accuracy';
  const interval = e.targetInterval === undefined ? e.accuracyInterval : e.targetInterval;
  const base = { id: 'target', name: 'Your target is reached' } as const;
  if (!interval) return { ...base, state: 'too-early', sentence: 'Needs test labels and a model to tell.' };
  return {
    ...base,
    state: interval.low >= t.target ? 'met' : 'not-met',
    sentence: `${measure.charAt(0).toUpperCase()}${measure.slice(1)} is ${percent(interval.low)} or more with 95 % confidence; the target is ${percent(t.target)}.`,
  };
}

function budget({ labels }: StoppingEvidence, t: StoppingThresholds): Criterion {
  return {
    id: 'budget',
    name: 'The budget is used up',
    state: labels >= t.budget ? 'met' : 'not-met',
    sentence: `${labels} of ${t.budget} labels are spent.`,
  };
}

function leastSquaresSlope(points: readonly { labels: number; accuracy: number }[]): number {
  const x = average(points.map((p) => p.labels));
  const y = average(points.map((p) => p.accuracy));
  const xy = points.reduce((sum, p) => sum + (p.labels - x) * (p.accuracy - y), 0);
  const xx = points.reduce((sum, p) => sum + (p.labels - x) ** 2, 0);
  return xx > 0 ? xy / xx : 0;
}
/**
 * Half the 95 % interval of that slope. It is a weighted sum of accuracies on the same test items, so the mean over the
 * items of the slope through each one's rights and wrongs. Infinite where these are not known.
 */
function slopeMargin(curve: readonly CurveEvidence[]): number {
  const items = Math.min(...curve.map((p) => p.isRight?.length ?? 0));
  const slopeOf = (accuracy: (p: CurveEvidence, k: number) => number): number =>
    leastSquaresSlope(curve.map((p, k) => ({ labels: p.labels, accuracy: accuracy(p, k) })));
  const own = Float64Array.from({ length: items }, (_, i) => slopeOf((p) => (p.isRight?.[i] ? 1 : 0)));
  // An item that is learnt, or unlearnt, with the last batch.
  const steepest = slopeOf((_, k) => (k === curve.length - 1 ? 1 : 0));
  return meanMargin(own, average(own) - steepest, average(own) + steepest);
}
function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / Math.max(1, values.length);
}
function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}
const percent = (x: number): string => `${(100 * x).toFixed(x < 0.1 ? 1 : 0)} %`;
const points = (x: number): string => `${(100 * x).toFixed(1)} points`;
