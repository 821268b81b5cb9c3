import type { ClassId } from './ids.ts';
import { bootstrapInterval } from './intervals.ts';
import { PRESENT, UNKNOWN } from './membership.ts';
import { expectedCalibrationError, reliabilityBins } from './probability-metrics.ts';
import { errorByChance, reflected, type Measured, type ProbabilityReport } from './probability-report.ts';
import { rankingScores } from './ranking.ts';
import { hashSeed, seededRandom } from './random.ts';

const LEAST_ITEMS = 30;
const RESAMPLES = 200;
const SMALLEST = 1e-15;

interface Decision {
  readonly confidence: number;
  readonly isRight: boolean;
}

/**
 * What the test set says of the probabilities of independent classes: log loss (nats) and squared error per decision about
 * an item and a class, and how far "p" is from the share that has the class. 95 % percentile bootstrap over items.
 * Null with under 30 items.
 * @param p row-major [n, classes] @param truth `memberships`, [n, classes]
 */
export function setProbabilityReport(
  p: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: readonly ClassId[],
  seed: number,
): ProbabilityReport | null {
  const width = classes.length;
  const n = width > 0 ? truth.length / width : 0;
  if (n < LEAST_ITEMS) return null;
  const byItem = Array.from({ length: n }, (_, i) => decisionsOf(p, truth, width, i));
  const all = Array.from({ length: n }, (_, i) => i);
  const measured = (name: string, of: (sample: ArrayLike<number>) => number): Measured => ({
    value: of(all),
    interval: bootstrapInterval(n, of, seededRandom(hashSeed(seed, name)), RESAMPLES),
  });
  const mean = (of: (d: Decision) => number) => {
    const sums = byItem.map((list) => ({ sum: list.reduce((a, d) => a + of(d), 0), count: list.length }));
    return (sample: ArrayLike<number>): number => {
      let [sum, count] = [0, 0];
      for (let k = 0; k < sample.length; k++) {
        const item = sums[sample[k] as number];
        sum += item?.sum ?? 0;
        count += item?.count ?? 0;
      }
      return count > 0 ? sum / count : 0;
    };
  };
  const binsOf = (sample: ArrayLike<number>) =>
    reliabilityBins(
      Array.from(sample, (i) => byItem[i] ?? [])
        .flat()
        .sort((a, b) => a.confidence - b.confidence),
    );
  const bins = binsOf(all);
  const error = bins && measured('calibration', (sample) => expectedCalibrationError(binsOf(sample) ?? []));
  return {
    n,
    unknown: 0,
    logLoss: measured(
      'log-loss',
      mean((d) => -Math.log(Math.max(SMALLEST, d.isRight ? d.confidence : 1 - d.confidence))),
    ),
    brier: measured(
      'brier',
      mean((d) => (d.confidence - (d.isRight ? 1 : 0)) ** 2),
    ),
    calibrationError: error && { ...error, interval: reflected(error.value, error.interval) },
    errorByChance:
      bins &&
      errorByChance(
        byItem.flat().sort((a, b) => a.confidence - b.confidence),
        seededRandom(hashSeed(seed, 'chance')),
      ),
    bins,
    perClass: classes.map((classId, c) => ({ classId, ...ranking(p, truth, width, c, seed) })),
  };
}

/** The known decisions about one item: the probability of a class, and whether the item has it. */
function decisionsOf(p: ArrayLike<number>, truth: ArrayLike<number>, width: number, i: number): Decision[] {
  return Array.from({ length: width }, (_, c) => i * width + c)
    .filter((k) => truth[k] !== UNKNOWN)
    .map((k) => ({ confidence: p[k] as number, isRight: truth[k] === PRESENT }));
}

function ranking(p: ArrayLike<number>, truth: ArrayLike<number>, width: number, c: number, seed: number) {
  const known = Array.from({ length: truth.length / width }, (_, i) => i * width + c).filter(
    (k) => truth[k] !== UNKNOWN,
  );
  const scores = known.map((k) => p[k] as number);
  const isPresent = known.map((k) => truth[k] === PRESENT);
  return rankingScores(scores, isPresent, seededRandom(hashSeed(seed, `ranking ${c}`)));
}
