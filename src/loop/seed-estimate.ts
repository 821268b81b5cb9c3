import { wilsonInterval, type Interval } from '../domain/intervals.ts';
import { gatherSets } from '../domain/membership.ts';
import { seededRandom } from '../domain/random.ts';
import { isSetRight } from '../domain/set-metrics.ts';
import type { TryHead } from './imitate-random.ts';
import { hasContrast, type TrainingSet } from './training-set.ts';

export interface SeedEstimate {
  readonly accuracy: number;
  readonly interval: Interval;
  /** Accuracy of always naming the commonest class, or the commonest set of classes. */
  readonly chance: number;
  /** True when the interval does not lie above chance. */
  readonly isNoBetterThanChance: boolean;
  readonly n: number;
}

const FOLDS = 5;
const LEAST_LABELS = 10;

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
  const n = set.rows.length;
  const { targets } = set;
  if (n < LEAST_LABELS || !hasContrast(set)) return null;
  const order = seededRandom(seed).shuffle(Int32Array.from({ length: n }, (_, i) => i));
  let hits = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    signal.throwIfAborted();
    const test = order.filter((_, i) => i % FOLDS === fold);
    const train = order.filter((_, i) => i % FOLDS !== fold).sort();
    const present = [...new Set(Array.from(train, (i) => set.labels[i] as number))].sort((a, b) => a - b);
    const width = set.classes.length;
    const of = targets
      ? { labels: new Int32Array(), targets: gatherSets(targets, width, train), classCount: width }
      : {
          labels: Int32Array.from(train, (i) => present.indexOf(set.labels[i] as number)),
          classCount: present.length,
        };
    const guesses = await tryHead(
      { rows: Int32Array.from(train, (i) => set.rows[i] as number), ...of, seed, pool },
      Int32Array.from(test, (i) => set.rows[i] as number),
    );
    test.forEach((i, k) => {
      if (targets ? isSetRight(targets, guesses, width, i, k) : present[guesses[k] as number] === set.labels[i]) hits++;
    });
  }
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
