import { wilsonInterval, type Interval } from '../domain/intervals.ts';
import type { TryHead } from './imitate-random.ts';
import { outOfFold } from './out-of-fold.ts';
import type { TrainingSet } from './training-set.ts';

export interface SeedEstimate {
  readonly accuracy: number;
  readonly interval: Interval;
  /** Accuracy of always naming the commonest class, or the commonest set of classes. */
  readonly chance: number;
  /** True when the interval does not lie above chance. */
  readonly isNoBetterThanChance: boolean;
  readonly n: number;
}

/**
 * Cross-validated accuracy on the items labelled so far: a first look before any test item is labelled. These items were
 * picked, not drawn, so it is no measure of the model. Where an item can have several classes, all have to be right. Null
 * with under ten labels or nothing to tell apart.
 */
export async function crossValidatedSeed(
  set: TrainingSet,
  pool: Int32Array,
  seed: number,
  tryHead: TryHead,
  signal: AbortSignal,
): Promise<SeedEstimate | null> {
  const guessed = await outOfFold(set, pool, seed, tryHead, signal);
  if (!guessed) return null;
  const n = set.rows.length;
  const { targets } = set;
  const hits = guessed.isRight.filter(Boolean).length;
  const counts = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const width = set.classes.length;
    const kind = targets ? targets.subarray(i * width, (i + 1) * width).join() : String(set.labels[i]);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const chance = Math.max(...counts.values()) / n;
  const interval = wilsonInterval(hits, n);
  return { accuracy: hits / n, interval, chance, isNoBetterThanChance: interval.low <= chance, n };
}
