import { seededRandom } from '../random.ts';
import { multiplyTransposed, normaliseRows, orthonormalise, symmetricEigen, transpose } from './dense.ts';

/** Standardised features projected on their main axes. */
export interface PrincipalAxes {
  readonly dim: number;
  readonly features: number;
  /** [features] */
  readonly mean: Float32Array;
  /** Factor of each centred feature, 0 for constant ones; [features]. */
  readonly scale: Float32Array;
  /** Row-major [features, dim]; each axis divided by the square root of its spread. */
  readonly axes: Float32Array;
}

const WANTED_DIM = 256;
const OVERSAMPLING = 12;
const POWER_ITERATIONS = 1;
const MOST_ROWS = 1200;
/** A variance below this is rounding. */
const CONSTANT = 1e-10;
/** Axes enter with (standard deviation)^ALPHA: 1 is plain PCA, 0 whitens. */
const ALPHA = 0.6;

/** Features that belong together, side by side. Each block as a whole gets mean squared length 1. */
export interface FeatureBlock {
  readonly size: number;
  /** Whether each of its features gets the same spread; else they keep theirs. */
  readonly isStandardised: boolean;
}

/**
 * Principal component analysis by randomised subspace iteration (Halko, Martinsson and Tropp 2011). Any rows give axes,
 * also fewer rows than features, equal rows or a single one.
 * @param x row-major [n, features]
 * @param blocks their sizes add up to the number of features
 */
export function fitPrincipalAxes(x: Float32Array, n: number, blocks: readonly FeatureBlock[]): PrincipalAxes {
  const { mean, scale } = moments(x, n, blocks);
  const features = mean.length;
  const rows = Math.min(n, MOST_ROWS);
  const z = new Float64Array(rows * features);
  for (let i = 0; i < rows; i++) {
    const from = Math.floor((i * n) / rows) * features;
    for (let f = 0; f < features; f++) {
      z[i * features + f] = ((x[from + f] as number) - (mean[f] as number)) * (scale[f] as number);
    }
  }
  const zt = transpose(z, rows, features);
  const width = Math.min(WANTED_DIM + OVERSAMPLING, rows, features);
  const random = seededRandom(1);
  // Rows of v, [width, features], span what is found; z v' is [rows, width].
  const v = Float64Array.from({ length: width * features }, () => random.normal());
  const y = new Float64Array(rows * width);
  for (let i = 0; i <= POWER_ITERATIONS; i++) {
    multiplyTransposed(z, v, rows, width, features, y);
    orthonormalise(y, rows, width);
    multiplyTransposed(transpose(y, rows, width), zt, width, features, rows, v);
  }
  const gram = new Float64Array(width * width);
  multiplyTransposed(v, v, width, width, features, gram);
  const { values, vectors } = symmetricEigen(gram, width);
  const floor = 1e-9 * (values[0] ?? 0);
  const dim = Math.max(1, Math.min(WANTED_DIM, values.filter((e) => e > floor).length));
  const projected = new Float64Array(features * width);
  multiplyTransposed(
    transpose(v, width, features),
    transpose(vectors, width, width),
    features,
    width,
    width,
    projected,
  );
  const axes = new Float32Array(features * dim);
  for (let f = 0; f < features; f++) {
    for (let k = 0; k < dim; k++) {
      const s = Math.sqrt(Math.max(values[k] as number, 1e-12));
      axes[f * dim + k] = ((projected[f * width + k] as number) / s) * (s / Math.sqrt(rows)) ** (ALPHA - 1);
    }
  }
  return { dim, features, mean, scale, axes };
}

/** Projects rows and gives them unit length: row-major [n, dim]. A row on the mean gets the first axis. */
export function projectRows(p: PrincipalAxes, x: Float32Array, n: number): Float32Array {
  const { dim, features } = p;
  const out = new Float32Array(n * dim);
  for (let i = 0; i < n; i++) {
    const to = i * dim;
    for (let f = 0; f < features; f++) {
      const z = ((x[i * features + f] as number) - (p.mean[f] as number)) * (p.scale[f] as number);
      if (z === 0) continue;
      const from = f * dim;
      for (let k = 0; k < dim; k++) out[to + k] = (out[to + k] as number) + z * (p.axes[from + k] as number);
    }
    if (out.subarray(to, to + dim).every((value) => value === 0)) out[to] = 1;
  }
  normaliseRows(out, n, dim);
  return out;
}

/** Mean of each feature and the factor that its block asks for. */
function moments(
  x: Float32Array,
  n: number,
  blocks: readonly FeatureBlock[],
): { mean: Float32Array; scale: Float32Array } {
  const features = blocks.reduce((sum, block) => sum + block.size, 0);
  const mean = new Float64Array(features);
  const variance = new Float64Array(features);
  for (let i = 0; i < n; i++) {
    for (let f = 0; f < features; f++) mean[f] = (mean[f] as number) + (x[i * features + f] as number) / n;
  }
  for (let i = 0; i < n; i++) {
    for (let f = 0; f < features; f++) {
      variance[f] = (variance[f] as number) + ((x[i * features + f] as number) - (mean[f] as number)) ** 2 / n;
    }
  }
  const scale = new Float32Array(features);
  let from = 0;
  for (const { size, isStandardised } of blocks) {
    const varying = variance.subarray(from, from + size).filter((v) => v > CONSTANT);
    const total = varying.reduce((sum, v) => sum + v, 0);
    for (let f = from; f < from + size; f++) {
      const own = variance[f] as number;
      if (own > CONSTANT) scale[f] = 1 / Math.sqrt(isStandardised ? own * varying.length : total);
    }
    from += size;
  }
  return { mean: Float32Array.from(mean), scale };
}
