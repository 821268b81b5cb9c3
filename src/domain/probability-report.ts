import type { ClassId } from './ids.ts';
import { bootstrapInterval, type Interval } from './intervals.ts';
import {
  averagePrecision,
  brierScore,
  confidences,
  expectedCalibrationError,
  logLoss,
  reliabilityBins,
  rocAuc,
  type ReliabilityBin,
} from './probability-metrics.ts';
import { hashSeed, seededRandom } from './random.ts';

export interface Measured {
  readonly value: number;
  readonly interval: Interval;
}
export interface ProbabilityReport {
  /** Labelled test items behind every number. */
  readonly n: number;
  readonly logLoss: Measured;
  readonly brier: Measured;
  /** Null with too few items for two bins. */
  readonly calibrationError: Measured | null;
  readonly bins: readonly ReliabilityBin[] | null;
  /** One against all others, null where a class has no test item or no other has. */
  readonly perClass: readonly {
    readonly classId: ClassId;
    readonly auc: number | null;
    readonly averagePrecision: number | null;
    /** Where it was worked out. */
    readonly averagePrecisionInterval?: Interval;
  }[];
}

const LEAST_ITEMS = 30;
const RESAMPLES = 300;

/**
 * What the test set says of probabilities, with 95 % percentile bootstrap intervals over test items. Null with under 30.
 * @param p row-major [n, classes] @param truth class indices, [n]
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
  const losses = truth.map((t, i) => logLoss(row(i), [t], width) ?? 0);
  const distances = truth.map((t, i) => brierScore(row(i), [t], width) ?? 0);
  const sorted = confidences(p, truth, width);
  const bins = reliabilityBins(sorted);
  const bootstrap = (name: string, value: number, of: (sample: Int32Array) => number): Measured => ({
    value,
    interval: bootstrapInterval(n, of, seededRandom(hashSeed(seed, name)), RESAMPLES),
  });
  return {
    n,
    logLoss: bootstrap('log-loss', meanOf(losses), (sample) => meanAt(losses, sample)),
    brier: bootstrap('brier', meanOf(distances), (sample) => meanAt(distances, sample)),
    calibrationError: bins
      ? bootstrap('calibration', expectedCalibrationError(bins), (sample) => {
          const again = sample.sort().reduce<typeof sorted>((list, i) => {
            const one = sorted[i];
            if (one) list.push(one);
            return list;
          }, []);
          return expectedCalibrationError(reliabilityBins(again) ?? []);
        })
      : null,
    bins,
    perClass: classes.map((classId, c) => {
      const scores = truth.map((_, i) => p[i * width + c] ?? 0);
      const isPositive = truth.map((t) => t === c);
      return { classId, auc: rocAuc(scores, isPositive), averagePrecision: averagePrecision(scores, isPositive) };
    }),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
function meanAt(values: readonly number[], sample: Int32Array): number {
  let sum = 0;
  for (const i of sample) sum += values[i] ?? 0;
  return sum / sample.length;
}
