import { wilsonInterval, type Interval } from './intervals.ts';
import { LEAST_PER_CLASS } from './metrics.ts';
import { averagePrecision, rocAuc } from './probability-metrics.ts';
import type { Random } from './random.ts';

/** How well scores rank one class above the rest. */
export interface RankingScores {
  readonly auc: number | null;
  readonly aucInterval?: Interval;
  readonly averagePrecision: number | null;
  readonly averagePrecisionInterval?: Interval;
}

const RESAMPLES = 200;
const Z = 1.959963984540054;

/**
 * Area under the ROC curve and average precision, one class against the rest, with 95 % intervals: of the area by
 * inverting its variance (`aucInterval`), of average precision by a percentile bootstrap. Null without a positive; the
 * area also without a negative. No interval of average precision with under five positives: it is not shown then.
 */
export function rankingScores(
  scores: readonly number[],
  isPositive: readonly boolean[],
  random: Random,
): RankingScores {
  const positives = isPositive.filter(Boolean).length;
  const auc = rocAuc(scores, isPositive);
  const precision = averagePrecision(scores, isPositive);
  return {
    auc,
    ...(auc !== null && { aucInterval: aucInterval(auc, positives, scores.length - positives) }),
    averagePrecision: precision,
    ...(positives >= LEAST_PER_CLASS && {
      averagePrecisionInterval: precisionInterval(scores, isPositive, positives, random),
    }),
  };
}

/**
 * 95 % interval of an area under the ROC curve: the areas that are no further from the estimate than their own standard
 * error allows (Newcombe 2006, Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part
 * 2, method 5). It stays open where a ranking has no mistake.
 */
export function aucInterval(auc: number, positives: number, negatives: number): Interval {
  const half = (positives + negatives) / 2 - 1;
  const error = (a: number): number =>
    Math.sqrt((a * (1 - a) * (1 + half * ((1 - a) / (2 - a) + a / (1 + a)))) / (positives * negatives));
  const bound = (outer: number): number => {
    let [inside, outside] = [auc, outer];
    for (let step = 0; step < 40; step++) {
      const middle = (inside + outside) / 2;
      if (Math.abs(auc - middle) <= Z * error(middle)) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { low: bound(0), high: bound(1) };
}

/** Resamples by weights over rows that are sorted once. */
function precisionInterval(
  scores: readonly number[],
  isPositive: readonly boolean[],
  positives: number,
  random: Random,
): Interval {
  const n = scores.length;
  const order = Int32Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const values: number[] = [];
  const weights = new Int32Array(n);
  for (let b = 0; b < RESAMPLES; b++) {
    weights.fill(0);
    for (let i = 0; i < n; i++) {
      const at = random.below(n);
      weights[at] = (weights[at] as number) + 1;
    }
    const value = weightedPrecision(order, scores, isPositive, weights);
    // A resample without a positive says nothing.
    if (value !== null) values.push(value);
  }
  values.sort((a, b) => a - b);
  const at = (share: number): number | undefined =>
    values[Math.min(values.length - 1, Math.floor(share * values.length))];
  const low = at(0.025) ?? 0;
  // A ranking without a mistake shows none in any resample; what as many hits in a row leave open stays open.
  const open = low === 1 ? wilsonInterval(positives, positives).low : low;
  return { low: open, high: at(0.975) ?? 1 };
}

function weightedPrecision(
  order: Int32Array,
  scores: readonly number[],
  isPositive: readonly boolean[],
  weights: Int32Array,
): number | null {
  let [hits, seen, sum] = [0, 0, 0];
  for (let start = 0; start < order.length;) {
    const score = scores[order[start] as number];
    let gained = 0;
    let end = start;
    for (; end < order.length && scores[order[end] as number] === score; end++) {
      const i = order[end] as number;
      seen += weights[i] as number;
      if (isPositive[i]) gained += weights[i] as number;
    }
    hits += gained;
    if (gained > 0) sum += gained * (hits / seen);
    start = end;
  }
  return hits > 0 ? sum / hits : null;
}
