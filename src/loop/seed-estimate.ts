import { wilsonInterval, type Interval } from '../domain/intervals.ts';
import { seededRandom } from '../domain/random.ts';
import type { TryHead } from './imitate-random.ts';
import type { TrainingSet } from './training-set.ts';

export interface SeedEstimate {
  readonly accuracy: number;
  readonly interval: Interval;
  /** Accuracy of always naming the commonest class. */
  readonly chance: number;
  /** True when the interval does not lie above chance. */
  readonly isNoBetterThanChance: boolean;
  readonly n: number;
}

const FOLDS = 5;
const LEAST_LABELS = 10;

/**
 * Cross-validated accuracy on the items labelled so far: a first look before any test item is labelled. These items were
 * picked, not drawn, so it is no measure of the model. Null with under ten labels or one class.
 */
export async function crossValidatedSeed(
  set: TrainingSet,
  pool: Int32Array,
  seed: number,
  tryHead: TryHead,
  signal: AbortSignal,
): Promise<SeedEstimate | null> {
  const n = set.rows.length;
  if (n < LEAST_LABELS || set.classes.length < 2) return null;
  const order = seededRandom(seed).shuffle(Int32Array.from({ length: n }, (_, i) => i));
  let hits = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    signal.throwIfAborted();
    const test = order.filter((_, i) => i % FOLDS === fold);
    const train = order.filter((_, i) => i % FOLDS !== fold).sort();
    const present = [...new Set(Array.from(train, (i) => set.labels[i] as number))].sort((a, b) => a - b);
    const guesses = await tryHead(
      {
        rows: Int32Array.from(train, (i) => set.rows[i] as number),
        labels: Int32Array.from(train, (i) => present.indexOf(set.labels[i] as number)),
        classCount: present.length,
        seed,
        pool,
      },
      Int32Array.from(test, (i) => set.rows[i] as number),
    );
    test.forEach((i, k) => {
      if (present[guesses[k] as number] === set.labels[i]) hits++;
    });
  }
  const counts = new Map<number, number>();
  for (const label of set.labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const chance = Math.max(...counts.values()) / n;
  const interval = wilsonInterval(hits, n);
  return { accuracy: hits / n, interval, chance, isNoBetterThanChance: interval.low <= chance, n };
}
