import type { ClassId } from './ids.ts';
import { bootstrapInterval, type Interval } from './intervals.ts';
import { rankingScores, type RankingScores } from './ranking.ts';
import {
  brierScore,
  confidences,
  expectedCalibrationError,
  logLoss,
  reliabilityBins,
  type ReliabilityBin,
} from './probability-metrics.ts';
import { hashSeed, seededRandom, type Random } from './random.ts';

export interface Measured {
  readonly value: number;
  readonly interval: Interval;
}
export interface ProbabilityReport {
  /** Labelled test items behind every number. */
  readonly n: number;
  /** Of these, items of a class that the model does not know. They are wrong whatever it says, and have no log loss. */
  readonly unknown: number;
  /** Null where the model knows the class of no test item. */
  readonly logLoss: Measured | null;
  readonly brier: Measured;
  /** Null with under 100 items: bins would show little but chance. */
  readonly calibrationError: Measured | null;
  /** What the calibration error of perfectly calibrated probabilities stays below in 19 of 20 cases; null with it. */
  readonly errorByChance: number | null;
  readonly bins: readonly ReliabilityBin[] | null;
  /** One against all others, null where a class has no test item or no other has. */
  readonly perClass: readonly (RankingScores & { readonly classId: ClassId })[];
}

const LEAST_ITEMS = 30;
const LEAST_FOR_BINS = 100;
const RESAMPLES = 300;

/**
 * What the test set says of probabilities, with 95 % bootstrap intervals over test items. Null with under 30.
 * @param p row-major [n, classes] @param truth class indices, [n]; -1 for a class that the model does not know
 */
export function probabilityReport(
  p: readonly number[],
  truth: readonly number[],
  classes: readonly ClassId[],
  seed: number,
): ProbabilityReport | null {
  const n = truth.length;
  const width = classes.length;
  if (n < LEAST_ITEMS || width < 2) return null;
  const row = (i: number): readonly number[] => p.slice(i * width, (i + 1) * width);
  const losses = truth.flatMap((t, i) => logLoss(row(i), [t], width) ?? []);
  const distances = truth.map((t, i) => brierScore(row(i), [t], width) ?? 0);
  const sorted = confidences(p, truth, width);
  const bins = n < LEAST_FOR_BINS ? null : reliabilityBins(sorted);
  const measured = (name: string, values: readonly number[]): Measured => ({
    value: meanOf(values),
    interval: bootstrapInterval(
      values.length,
      (sample) => meanAt(values, sample),
      seededRandom(hashSeed(seed, name)),
      RESAMPLES,
    ),
  });
  return {
    n,
    unknown: n - losses.length,
    logLoss: losses.length > 0 ? measured('log-loss', losses) : null,
    brier: measured('brier', distances),
    calibrationError: bins && calibrationError(sorted, bins, n, seededRandom(hashSeed(seed, 'calibration'))),
    errorByChance: bins && errorByChance(sorted, seededRandom(hashSeed(seed, 'chance'))),
    bins,
    perClass: classes.map((classId, c) => {
      const scores = truth.map((_, i) => p[i * width + c] ?? 0);
      const isPositive = truth.map((t) => t === c);
      return { classId, ...rankingScores(scores, isPositive, seededRandom(hashSeed(seed, `ranking ${c}`))) };
    }),
  };
}

/** A statement of a probability, and whether it came true. */
interface Statement {
  readonly confidence: number;
  readonly isRight: boolean;
}

/**
 * Expected calibration error with a 95 % bootstrap interval. Binning makes every sample, and a resample again, look less
 * calibrated than the truth; reflecting reaches back.
 * @param sorted ascending by confidence
 */
function calibrationError(
  sorted: readonly Statement[],
  bins: readonly ReliabilityBin[],
  n: number,
  random: Random,
): Measured {
  const value = expectedCalibrationError(bins);
  const { low, high } = bootstrapInterval(
    n,
    (sample) =>
      expectedCalibrationError(reliabilityBins(Array.from(sample.sort(), (i) => sorted[i] as Statement)) ?? []),
    random,
    RESAMPLES,
  );
  return { value, interval: reflected(value, { low, high }) };
}

/**
 * From a percentile interval of a distance to one that reaches as far down as the basic bootstrap does (Davison and Hinkley
 * 1997, section 5.2.1). With 100 items that are 3 points off, the percentile interval alone never holds the truth.
 */
export function reflected(value: number, { low, high }: Interval): Interval {
  return { low: Math.max(0, Math.min(low, 2 * value - high)), high: Math.max(high, 2 * value - low) };
}

/**
 * 95th percentile of the calibration error of these probabilities if each came true as often as it says (consistency
 * resampling: Broecker and Smith 2007, Increasing the reliability of reliability diagrams).
 */
export function errorByChance(sorted: readonly Statement[], random: Random): number {
  const errors = Float64Array.from({ length: RESAMPLES }, () => {
    const again = sorted.map(({ confidence }) => ({ confidence, isRight: random.next() < confidence }));
    return expectedCalibrationError(reliabilityBins(again) ?? []);
  }).sort();
  return errors[Math.floor(0.95 * RESAMPLES)] as number;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
function meanAt(values: readonly number[], sample: Int32Array): number {
  let sum = 0;
  for (const i of sample) sum += values[i] ?? 0;
  return sum / sample.length;
}
