import { mostLikely } from './uncertainty.ts';

/**
 * Scores of class probabilities against true classes. `p` is row-major [n, classes], `truth` [n] class indices; -1 stands
 * for a class that has no column: it got no probability, and what is predicted is wrong.
 */

const SMALLEST = 1e-15;
const MOST_BINS = 10;
const LEAST_PER_BIN = 15;

/** Mean negative log probability of the true class, in nats, over rows whose class has a column. Null without such rows. */
export function logLoss(p: ArrayLike<number>, truth: ArrayLike<number>, classes: number): number | null {
  let [sum, n] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    if ((truth[i] as number) < 0) continue;
    sum -= Math.log(Math.max(SMALLEST, p[i * classes + (truth[i] as number)] as number));
    n++;
  }
  return n > 0 ? sum / n : null;
}

/** Mean squared distance between probabilities and the one-hot truth, 0 to 2 (Brier 1950). Null without rows. */
export function brierScore(p: ArrayLike<number>, truth: ArrayLike<number>, classes: number): number | null {
  const n = truth.length;
  if (n === 0) return null;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    if ((truth[i] as number) < 0) sum += 1;
    for (let c = 0; c < classes; c++) {
      sum += ((p[i * classes + c] as number) - (c === truth[i] ? 1 : 0)) ** 2;
    }
  }
  return sum / n;
}

export interface ReliabilityBin {
  /** Mean probability of the predicted class. */
  readonly confidence: number;
  /** Share of the predictions that are right. */
  readonly accuracy: number;
  readonly count: number;
}

/** Probability of the predicted class and whether it is right, for each row, ascending by probability. */
export function confidences(
  p: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
): { confidence: number; isRight: boolean }[] {
  return Array.from({ length: truth.length }, (_, i) => {
    const best = mostLikely(p, i, classes);
    return { confidence: p[i * classes + best] as number, isRight: best === truth[i] };
  }).sort((a, b) => a.confidence - b.confidence);
}

/**
 * Bins of equal size, at most 10 and of at least 15 rows. Null with fewer than two bins: too few rows to say anything.
 * @param sorted rows ascending by confidence
 */
export function reliabilityBins(
  sorted: readonly { readonly confidence: number; readonly isRight: boolean }[],
): readonly ReliabilityBin[] | null {
  const n = sorted.length;
  const bins = Math.min(MOST_BINS, Math.floor(n / LEAST_PER_BIN));
  if (bins < 2) return null;
  return Array.from({ length: bins }, (_, b) => {
    const [from, to] = [Math.floor((b * n) / bins), Math.floor(((b + 1) * n) / bins)];
    let confidence = 0;
    let right = 0;
    for (let i = from; i < to; i++) {
      confidence += sorted[i]?.confidence ?? 0;
      if (sorted[i]?.isRight) right++;
    }
    return { confidence: confidence / (to - from), accuracy: right / (to - from), count: to - from };
  });
}

/** Expected calibration error: mean distance of accuracy and confidence over bins, by size (Naeini, Cooper and Hauskrecht 2015). */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const n = bins.reduce((sum, b) => sum + b.count, 0);
  return bins.reduce((sum, b) => sum + (b.count / n) * Math.abs(b.accuracy - b.confidence), 0);
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half (Hanley and McNeil
 * 1982). Null without a positive or without a negative.
 */
export function rocAuc(scores: ArrayLike<number>, isPositive: ArrayLike<boolean>): number | null {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number),
  );
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number]) end++;
    const rank = (start + 1 + end) / 2;
    for (let k = start; k < end; k++) {
      if (isPositive[order[k] as number]) {
        positives++;
        rankSum += rank;
      }
    }
    start = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Average precision: sum of precision times gain in recall down the ranking, ties taken together. Null without a positive. */
export function averagePrecision(scores: ArrayLike<number>, isPositive: ArrayLike<boolean>): number | null {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number),
  );
  const total = Array.from(isPositive).filter(Boolean).length;
  if (total === 0) return null;
  let hits = 0;
  let sum = 0;
  for (let start = 0; start < order.length;) {
    let end = start;
    let gained = 0;
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number]) {
      if (isPositive[order[end] as number]) gained++;
      end++;
    }
    hits += gained;
    sum += (gained / total) * (hits / end);
    start = end;
  }
  return sum;
}
