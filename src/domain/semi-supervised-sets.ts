import { dealt, HELD_OUT, LEAST_ROWS, thresholdsFor } from './fit-sets.ts';
import type { Head } from './head.ts';
import { sigmoid } from './head-maths.ts';
import { plainProducts, type MakeProducts } from './logistic-kernels.ts';
import type { LogisticFit } from './logistic.ts';
import { gatherSets, UNKNOWN } from './membership.ts';
import { seededRandom } from './random.ts';
import { lambdaOf } from './regularisation.ts';
import {
  centred,
  lessonOf,
  scaleOf,
  STUDENT_ITERATIONS,
  STUDENT_LAMBDA,
  TEACHER_C,
  type PoolBasis,
  type SampleViews,
} from './semi-supervised.ts';
import { fitSigmoids, fitSoftSigmoids } from './sigmoid-head.ts';
import { times } from './subspace.ts';
import { DEFAULT_THRESHOLD } from './thresholds.ts';

interface Lesson {
  readonly classes: number;
  readonly unlabelled: SampleViews;
  /** Of the smoothed pool, [dim]. */
  readonly smoothedMean: Float64Array;
  readonly basis: PoolBasis;
  readonly products: MakeProducts;
}

/**
 * `fitSemiSupervised` where an item can have several classes: teacher and student are one logistic regression per class.
 * Thresholds are chosen on the probabilities that students of the other folds give each labelled row.
 * @param targets `memberships` of the labelled rows, row-major [rows, classes]
 */
export function fitSemiSupervisedSets(
  labelled: SampleViews,
  targets: Uint8Array,
  classes: number,
  unlabelled: SampleViews,
  smoothedMean: Float64Array,
  basis: PoolBasis,
  seed: number,
  products: MakeProducts = plainProducts,
): Pick<Head, 'weights' | 'bias' | 'lambda' | 'thresholds'> {
  const lesson: Lesson = { classes, unlabelled, smoothedMean, basis, products };
  const { weights, bias } = learn(labelled, targets, lesson);
  return {
    weights: Float32Array.from(times(basis.axes, weights, basis.dim, basis.width, classes)),
    bias: Float32Array.from(bias),
    lambda: STUDENT_LAMBDA,
    thresholds: Float32Array.from(chooseThresholds(labelled, targets, lesson, seed)),
  };
}

/** The student, on basis coordinates. */
function learn(labelled: SampleViews, targets: Uint8Array, lesson: Lesson): LogisticFit {
  const { classes, unlabelled, basis, products } = lesson;
  const { x, sampleWeights, rows } = lessonOf(labelled, unlabelled, basis.width);
  const soft = new Float64Array(rows * classes);
  soft.set(teach(labelled, targets, lesson));
  targets.forEach((target, k) => (soft[unlabelled.count * classes + k] = target === UNKNOWN ? NaN : target));
  const options = { sampleWeights, maxIterations: STUDENT_ITERATIONS, products };
  return fitSoftSigmoids(x, soft, rows, basis.width, classes, STUDENT_LAMBDA, options);
}

/** The teacher's probabilities of the unlabelled rows, [unlabelled, classes]. */
function teach(
  labelled: SampleViews,
  targets: Uint8Array,
  { classes, unlabelled, smoothedMean, basis: { dim }, products }: Lesson,
): Float64Array {
  const n = labelled.count;
  const z = centred(labelled.smoothed, n, dim, smoothedMean);
  const scale = scaleOf(z, n, dim);
  for (let i = 0; i < z.length; i++) z[i] = (z[i] as number) * scale;
  const { weights, bias } = fitSigmoids(z, targets, n, dim, classes, lambdaOf(TEACHER_C, dim, n), { products });
  const u = centred(unlabelled.smoothed, unlabelled.count, dim, smoothedMean);
  return times(u, weights, unlabelled.count, dim, classes).map((sum, k) =>
    sigmoid(sum * scale + (bias[k % classes] as number)),
  );
}

function chooseThresholds(labelled: SampleViews, targets: Uint8Array, lesson: Lesson, seed: number): number[] {
  const { classes, basis } = lesson;
  const order = dealt(targets, labelled.count, classes, seededRandom(seed).fork('folds')).slice(0, HELD_OUT.rows);
  if (order.length < LEAST_ROWS) return new Array<number>(classes).fill(DEFAULT_THRESHOLD);
  const logits = new Float64Array(order.length * classes);
  for (let fold = 0; fold < HELD_OUT.folds; fold++) {
    const train = order.filter((_, i) => i % HELD_OUT.folds !== fold);
    const { weights, bias } = learn(rowsOf(labelled, train, basis), gatherSets(targets, classes, train), lesson);
    for (let i = fold; i < order.length; i += HELD_OUT.folds) {
      const from = (order[i] as number) * basis.width;
      const own = labelled.coordinates.subarray(from, from + basis.width);
      times(own, weights, 1, basis.width, classes).forEach(
        (sum, c) => (logits[i * classes + c] = sum + (bias[c] as number)),
      );
    }
  }
  return thresholdsFor(logits, gatherSets(targets, classes, order), order.length, classes);
}

function rowsOf(
  { smoothed, coordinates }: SampleViews,
  rows: readonly number[],
  { dim, width }: PoolBasis,
): SampleViews {
  const own = { smoothed: new Float32Array(rows.length * dim), coordinates: new Float64Array(rows.length * width) };
  rows.forEach((row, i) => {
    own.smoothed.set(smoothed.subarray(row * dim, (row + 1) * dim), i * dim);
    own.coordinates.set(coordinates.subarray(row * width, (row + 1) * width), i * width);
  });
  return { count: rows.length, ...own };
}
