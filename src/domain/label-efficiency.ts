import { wilsonInterval, type Interval } from './intervals.ts';
import type { Random } from './random.ts';

/** Fewer test labels than this leave no room to imitate random sampling. */
export const LEAST_TEST_LABELS = 40;
const LEAST_CHECKPOINTS = 3;
/** Share of the test set that the longest imitated random sample takes. */
export const LONGEST_SHARE = 0.8;

/** One checkpoint on the test set. */
export interface CheckpointHits {
  readonly labels: number;
  /** Whether each test item was predicted right, [test]. */
  readonly isRight: ArrayLike<boolean | number>;
}
/** A head trained on `labels` random test items, tested on others. */
export interface RandomSplit {
  readonly labels: number;
  /** Indices of the test items it was tested on, and whether each was right. */
  readonly tested: Int32Array;
  readonly isRight: ArrayLike<boolean | number>;
}
export interface EfficiencyPoint {
  /** Random labels. */
  readonly labels: number;
  /** Accuracy that they reach. */
  readonly accuracy: number;
  /** Labels that the project needed for the same. */
  readonly needed: number;
  readonly ratio: number;
  readonly interval: Interval;
}
export type LabelEfficiency =
  | { readonly kind: 'measured'; readonly points: readonly EfficiencyPoint[] }
  | { readonly kind: 'too-few'; readonly reason: string };

/**
 * How many random labels one label of this project is worth, without labelling twice: the test set is itself a uniform
 * random sample, so heads trained on parts of it and tested on the rest give the curve of random sampling. The project's
 * own curve is made monotone (pool adjacent violators) and read backwards. The interval is a bootstrap over test items.
 * Random samples whose accuracy the project has not reached yet are left out.
 * @param size number of labelled test items
 */
export function labelEfficiency(
  checkpoints: readonly CheckpointHits[],
  splits: readonly RandomSplit[],
  size: number,
  random: Random,
  resamples = 200,
): LabelEfficiency {
  if (size < LEAST_TEST_LABELS) {
    return {
      kind: 'too-few',
      reason: `Label ${LEAST_TEST_LABELS - size} more test items to compare with random sampling.`,
    };
  }
  if (checkpoints.length < LEAST_CHECKPOINTS) {
    return {
      kind: 'too-few',
      reason: `Finish ${LEAST_CHECKPOINTS - checkpoints.length} more batches to compare with random sampling.`,
    };
  }
  const sizes = [...new Set(splits.map((s) => s.labels))].sort((a, b) => a - b);
  const plain = new Float64Array(size).fill(1);
  const estimate = (weights: Float64Array): (ReturnType<typeof readBack> & { accuracy: number })[] => {
    const own = ownCurve(checkpoints, weights);
    return sizes.map((labels) => {
      const accuracy = randomAccuracy(splits, labels, weights);
      return { accuracy, ...readBack(own, accuracy) };
    });
  };
  const measured = estimate(plain);
  const ratios = sizes.map((): number[] => []);
  for (let b = 0; b < resamples; b++) {
    const weights = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const at = random.below(size);
      weights[at] = (weights[at] as number) + 1;
    }
    // A draw in which the project never gets there proves no advantage at all.
    estimate(weights).forEach((e, i) => ratios[i]?.push(e.isReached ? (sizes[i] as number) / e.needed : 0));
  }
  const points = sizes.flatMap((labels, i): EfficiencyPoint[] => {
    const e = measured[i];
    const draws = Float64Array.from(ratios[i] ?? []).sort();
    if (!e || !e.isReached || draws.length === 0) return [];
    const at = (share: number): number => draws[Math.min(draws.length - 1, Math.floor(share * draws.length))] as number;
    const interval = { low: at(0.025), high: at(0.975) };
    return [{ labels, accuracy: e.accuracy, needed: e.needed, ratio: labels / e.needed, interval }];
  });
  if (points.length === 0) {
    return {
      kind: 'too-few',
      reason: 'The model is not yet as good as a small random sample would make it. Label another batch.',
    };
  }
  return { kind: 'measured', points };
}

export interface RandomPoint {
  readonly labels: number;
  readonly accuracy: number;
  readonly interval: Interval;
}

/**
 * The curve of random sampling, by number of labels. Each accuracy is a mean over heads that were tested on parts of the same
 * test items, so it varies at most as one head's on all of them does: Wilson's interval with as many observations as there are items.
 * @param size number of labelled test items
 */
export function randomCurve(splits: readonly RandomSplit[], size: number): RandomPoint[] {
  const sizes = [...new Set(splits.map((s) => s.labels))].sort((a, b) => a - b);
  return sizes.map((labels) => {
    const accuracy = randomAccuracy(splits, labels);
    return { labels, accuracy, interval: wilsonInterval(accuracy * size, size) };
  });
}

/** Mean accuracy of the random heads of one size. */
export function randomAccuracy(splits: readonly RandomSplit[], labels: number, weights?: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const split of splits) {
    if (split.labels !== labels) continue;
    let hits = 0;
    let mass = 0;
    for (let i = 0; i < split.tested.length; i++) {
      const w = weights?.[split.tested[i] as number] ?? 1;
      mass += w;
      if (split.isRight[i]) hits += w;
    }
    if (mass === 0) continue;
    sum += hits / mass;
    count++;
  }
  return count > 0 ? sum / count : 0;
}

function ownCurve(
  checkpoints: readonly CheckpointHits[],
  weights: Float64Array,
): { labels: number; accuracy: number }[] {
  const sorted = [...checkpoints].sort((a, b) => a.labels - b.labels);
  const raw = sorted.map(({ isRight }) => {
    let hits = 0;
    let mass = 0;
    for (let i = 0; i < weights.length; i++) {
      mass += weights[i] as number;
      if (isRight[i]) hits += weights[i] as number;
    }
    return mass > 0 ? hits / mass : 0;
  });
  const monotone = isotonic(raw);
  return sorted.map(({ labels }, i) => ({ labels, accuracy: monotone[i] as number }));
}

/** Labels at which a rising curve reaches an accuracy, by linear interpolation; the first point's below it, the last one's above. */
function readBack(
  curve: readonly { labels: number; accuracy: number }[],
  accuracy: number,
): { needed: number; isReached: boolean } {
  const at = curve.findIndex((p) => p.accuracy >= accuracy);
  const here = curve[at];
  const before = curve[at - 1];
  if (!here) return { needed: curve.at(-1)?.labels ?? 1, isReached: false };
  if (!before) return { needed: here.labels, isReached: true };
  const share = (accuracy - before.accuracy) / (here.accuracy - before.accuracy);
  return { needed: before.labels + share * (here.labels - before.labels), isReached: true };
}

/** The rising sequence nearest in least squares: pool adjacent violators (Ayer et al. 1955). */
export function isotonic(values: readonly number[]): number[] {
  const blocks: { sum: number; count: number }[] = [];
  for (const value of values) {
    blocks.push({ sum: value, count: 1 });
    for (;;) {
      const last = blocks.at(-1);
      const before = blocks.at(-2);
      if (!last || !before || before.sum / before.count <= last.sum / last.count) break;
      blocks.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count });
    }
  }
  return blocks.flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count));
}
