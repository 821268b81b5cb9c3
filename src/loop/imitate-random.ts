import type { ClassId } from '../domain/ids.ts';
import { LEAST_TEST_LABELS, LONGEST_SHARE, type RandomSplit } from '../domain/label-efficiency.ts';
import { gatherSets } from '../domain/membership.ts';
import { seededRandom } from '../domain/random.ts';
import { isSetRight } from '../domain/set-metrics.ts';
import type { TrainRequest } from './learner-ports.ts';

/**
 * Fits a head on the request and gives the class of each row, as an index into the request's classes; with targets 1 or 0
 * for each class of each row.
 */
export type TryHead = (request: TrainRequest, rows: Int32Array) => Promise<Int32Array>;

export interface LabelledTest {
  /** Project rows of the labelled test items, and their classes. */
  readonly rows: readonly number[];
  readonly classes: readonly ClassId[];
  /** Where an item can have several classes: `memberships` of the rows, [rows, width]; `classes` is empty then. */
  readonly sets?: { readonly targets: Uint8Array; readonly width: number } | null;
  /** Rows that may help without a label. */
  readonly pool: Int32Array;
  readonly seed: number;
}

const SPLITS = 20;
/** Sizes of the imitated random samples, as shares of the test set. */
const SHARES = [0.1, 0.2, 0.4, 0.6, LONGEST_SHARE];
const LEAST_SAMPLE = 5;

/**
 * What random sampling would have reached: the test set is a uniform random sample, so heads are trained on random parts
 * of it and tested on the rest. They never become the project's model. Empty with too few test labels.
 */
export async function imitateRandomSampling(
  { rows, classes, sets = null, pool, seed }: LabelledTest,
  tryHead: TryHead,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<RandomSplit[]> {
  const n = rows.length;
  if (n < LEAST_TEST_LABELS) return [];
  const sizes = [...new Set(SHARES.map((share) => Math.round(share * n)))].filter((r) => r >= LEAST_SAMPLE);
  const random = seededRandom(seed);
  const out: RandomSplit[] = [];
  const total = sizes.length * SPLITS;
  for (let split = 0; split < SPLITS; split++) {
    const order = random.shuffle(Int32Array.from({ length: n }, (_, i) => i));
    for (const labels of sizes) {
      signal.throwIfAborted();
      const train = order.slice(0, labels).sort();
      const tested = order.slice(labels);
      const present = [...new Set(Array.from(train, (i) => classes[i] as ClassId))];
      const of = sets
        ? {
            labels: new Int32Array(),
            targets: gatherSets(sets.targets, sets.width, train),
            classCount: sets.width,
          }
        : {
            labels: Int32Array.from(train, (i) => present.indexOf(classes[i] as ClassId)),
            classCount: present.length,
          };
      const request: TrainRequest = { rows: Int32Array.from(train, (i) => rows[i] as number), ...of, seed, pool };
      const guesses = await tryHead(
        request,
        Int32Array.from(tested, (i) => rows[i] as number),
      );
      const isRight = (i: number, k: number): boolean =>
        sets ? isSetRight(sets.targets, guesses, sets.width, i, k) : present[guesses[k] as number] === classes[i];
      out.push({ labels, tested, isRight: Array.from(tested, isRight) });
      onProgress(out.length, total);
    }
  }
  return out;
}
