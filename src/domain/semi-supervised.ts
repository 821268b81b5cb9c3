import { fitLogistic, fitSoftLogistic, type LogisticOptions } from './logistic.ts';
import { lambdaOf } from './regularisation.ts';
import { fitInSpan } from './span.ts';
import { times } from './subspace.ts';

/** Inverse penalty of the teacher, whose smoothed features need little of it. */
export const TEACHER_C = 100;
/** Ridge penalty of the student on coordinates of mean squared norm `width`. */
export const STUDENT_LAMBDA = 5e-3;
export const STUDENT_ITERATIONS = 40;
/** Weight of all hard labels together against all soft ones. */
const LABEL_SHARE = 0.3;

/** Linear coordinates of the pool: ((x - mean) * scale) . axes. */
export interface PoolBasis {
  readonly dim: number;
  readonly width: number;
  /** [dim] */
  readonly mean: Float32Array;
  readonly scale: number;
  /** Row-major [dim, width], orthonormal columns. */
  readonly axes: Float64Array;
}
/** Rows in two views: mixed with their neighbours for the teacher, plain basis coordinates for the student. */
export interface SampleViews {
  readonly count: number;
  /** Row-major [count, dim]. */
  readonly smoothed: Float32Array;
  /** Row-major [count, width]. */
  readonly coordinates: Float64Array;
}

/**
 * A linear head from few labels and many unlabelled rows. A teacher, logistic regression on features averaged with their
 * nearest neighbours (simplified graph convolution: Wu et al. 2019), gives soft labels to unlabelled rows; a linear
 * student on the plain features learns them together with the hard labels (distillation: Hinton, Vinyals and Dean 2015).
 * @param y class index of each labelled row; `sampleWeights` are theirs @param smoothedMean mean of the smoothed pool, [dim]
 * @returns weights [dim, classes] on ((x - basis.mean) * basis.scale), bias [classes]
 */
export function fitSemiSupervised(
  labelled: SampleViews,
  y: Int32Array,
  classes: number,
  unlabelled: SampleViews,
  smoothedMean: Float64Array,
  basis: PoolBasis,
  { products, sampleWeights: labelWeights }: Pick<LogisticOptions, 'products' | 'sampleWeights'> = {},
): { weights: Float64Array; bias: Float64Array; lambda: number } {
  const { dim, width } = basis;
  const given = { ...(products && { products }), ...(labelWeights && { sampleWeights: labelWeights }) };
  const soft = teach(labelled, y, classes, unlabelled, smoothedMean, dim, given);
  const { x, sampleWeights, rows } = lessonOf(labelled, unlabelled, width, labelWeights);
  const targets = new Float64Array(rows * classes);
  targets.set(soft);
  y.forEach((c, i) => (targets[(unlabelled.count + i) * classes + c] = 1));
  const options = { sampleWeights, maxIterations: STUDENT_ITERATIONS, ...(products && { products }) };
  const student = fitSoftLogistic(x, targets, rows, width, classes, STUDENT_LAMBDA, options);
  return {
    weights: times(basis.axes, student.weights, dim, width, classes),
    bias: student.bias,
    lambda: STUDENT_LAMBDA,
  };
}

/** What a student learns from: the unlabelled rows' coordinates, then the labelled ones', with their weights. */
export function lessonOf(
  labelled: Pick<SampleViews, 'count' | 'coordinates'>,
  unlabelled: SampleViews,
  width: number,
  labelWeights?: Float64Array,
): { x: Float64Array; sampleWeights: Float64Array; rows: number } {
  const rows = unlabelled.count + labelled.count;
  const x = new Float64Array(rows * width);
  x.set(unlabelled.coordinates);
  x.set(labelled.coordinates, unlabelled.count * width);
  const sampleWeights = new Float64Array(rows);
  const total = 1 + LABEL_SHARE;
  sampleWeights.fill(rows / unlabelled.count / total, 0, unlabelled.count);
  const perLabel = (LABEL_SHARE * rows) / labelled.count / total;
  for (let i = 0; i < labelled.count; i++) sampleWeights[unlabelled.count + i] = perLabel * (labelWeights?.[i] ?? 1);
  return { x, sampleWeights, rows };
}

/** The teacher's class probabilities of the unlabelled rows, [unlabelled, classes]. */
function teach(
  labelled: SampleViews,
  y: Int32Array,
  classes: number,
  unlabelled: SampleViews,
  mean: Float64Array,
  dim: number,
  options: Pick<LogisticOptions, 'products' | 'sampleWeights'>,
): Float64Array {
  const n = labelled.count;
  const z = centred(labelled.smoothed, n, dim, mean);
  const lambda = lambdaOf(TEACHER_C, dim, n);
  const scale = scaleOf(z, n, dim);
  for (let i = 0; i < z.length; i++) z[i] = (z[i] as number) * scale;
  const { weights, bias } = (n <= dim ? fitInSpan : fitLogistic)(z, y, n, dim, classes, lambda, options);
  const u = centred(unlabelled.smoothed, unlabelled.count, dim, mean);
  const out = times(u, weights, unlabelled.count, dim, classes);
  for (let i = 0; i < unlabelled.count; i++) softmaxRow(out, i * classes, classes, scale, bias);
  return out;
}

export function centred(x: Float32Array, n: number, dim: number, mean: Float64Array): Float64Array {
  const out = new Float64Array(n * dim);
  for (let i = 0; i < n; i++)
    for (let d = 0; d < dim; d++) out[i * dim + d] = (x[i * dim + d] as number) - (mean[d] as number);
  return out;
}

/** Brings the mean squared norm of the rows to `dim`; 1 when they do not spread. */
export function scaleOf(z: Float64Array, n: number, dim: number): number {
  let squared = 0;
  for (const value of z) squared += value * value;
  return squared / Math.max(1, n) > 1e-12 ? Math.sqrt((dim * n) / squared) : 1;
}

function softmaxRow(values: Float64Array, from: number, classes: number, scale: number, bias: Float64Array): void {
  let max = -Infinity;
  for (let c = 0; c < classes; c++) {
    values[from + c] = (values[from + c] as number) * scale + (bias[c] as number);
    max = Math.max(max, values[from + c] as number);
  }
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    values[from + c] = Math.exp((values[from + c] as number) - max);
    sum += values[from + c] as number;
  }
  for (let c = 0; c < classes; c++) values[from + c] = (values[from + c] as number) / sum;
}
