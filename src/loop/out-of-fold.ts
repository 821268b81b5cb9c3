import { gatherSets } from '../domain/membership.ts';
import { seededRandom } from '../domain/random.ts';
import { isSetRight } from '../domain/set-metrics.ts';
import type { TryHead } from './imitate-random.ts';
import { hasContrast, type TrainingSet } from './training-set.ts';

/** What heads say of labelled items that they have not learnt from. */
export interface OutOfFold {
  /** Whether each row of the training set gets its label; where an item can have several classes, all of them. */
  readonly isRight: readonly boolean[];
  /** Class index that each row gets, into the set's classes; empty where an item can have several. */
  readonly guesses: Int32Array;
}

const FOLDS = 5;
/** Fewer labels than this give no folds to speak of. */
export const LEAST_LABELS = 10;

/**
 * Cross-validation in five folds, each row guessed by a head that learnt from the other four fifths. Null with under ten labels or
 * nothing to tell apart.
 * @param pool rows that may help without a label @param onFold told how many folds are done
 */
export async function outOfFold(
  set: TrainingSet,
  pool: Int32Array,
  seed: number,
  tryHead: TryHead,
  signal: AbortSignal,
  onFold: (done: number, total: number) => void = () => undefined,
): Promise<OutOfFold | null> {
  const n = set.rows.length;
  const { targets } = set;
  if (n < LEAST_LABELS || !hasContrast(set)) return null;
  const order = seededRandom(seed).shuffle(Int32Array.from({ length: n }, (_, i) => i));
  const isRight = new Array<boolean>(n).fill(false);
  const guesses = new Int32Array(targets ? 0 : n);
  for (let fold = 0; fold < FOLDS; fold++) {
    signal.throwIfAborted();
    onFold(fold, FOLDS);
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
    const given = await tryHead(
      { rows: Int32Array.from(train, (i) => set.rows[i] as number), ...of, seed, pool },
      Int32Array.from(test, (i) => set.rows[i] as number),
    );
    test.forEach((i, k) => {
      if (!targets) guesses[i] = present[given[k] as number] ?? -1;
      isRight[i] = targets ? isSetRight(targets, given, width, i, k) : guesses[i] === set.labels[i];
    });
  }
  return { isRight, guesses };
}
