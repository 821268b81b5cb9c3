import { seededRandom } from '../random.ts';
import { normaliseRows, orthonormalise, symmetricEigen } from './dense.ts';

/** Standardised features projected on their main axes. */
export interface PrincipalAxes {
  readonly dim: number;
  readonly features: number;
  /** [features] */
  readonly mean: Float32Array;
  /** Weight / standard deviation, 0 for constant features; [features]. */
  readonly scale: Float32Array;
  /** Row-major [features, dim]; each axis divided by the square root of its spread. */
  readonly axes: Float32Array;
}

const WANTED_DIM = 256;
const OVERSAMPLING = 12;
const POWER_ITERATIONS = 2;
const MOST_ROWS = 1200;
/** Axes enter with (standard deviation)^ALPHA: 1 is plain PCA, 0 whitens. */
const ALPHA = 0.5;

/** Principal component analysis by randomised subspace iteration (Halko, Martinsson and Tropp 2011). @param x row-major [n, features] @param weights [features] */
export function fitPrincipalAxes(x: Float32Array, n: number, weights: Float32Array): PrincipalAxes {
  const features = weights.length;
  const { mean, scale } = moments(x, n, weights);
  const rows = Math.min(n, MOST_ROWS);
  const z = new Float64Array(rows * features);
  for (let i = 0; i < rows; i++) {
    const from = Math.floor((i * n) / rows) * features;
    for (let f = 0; f < features; f++) {
      z[i * features + f] = ((x[from + f] as number) - (mean[f] as number)) * (scale[f] as number);
    }
  }
  const width = Math.min(WANTED_DIM + OVERSAMPLING, rows, features);
  const random = seededRandom(1);
  let v = Float64Array.from({ length: features * width }, () => random.normal());
  for (let i = 0; i <= POWER_ITERATIONS; i++) {
    const y = multiply(z, v, rows, features, width);
    orthonormalise(y, rows, width);
    v = multiplyTransposed(z, y, rows, features, width);
  }
  const gram = multiplyTransposed(v, v, features, width, width);
  const { values, vectors } = symmetricEigen(gram, width);
  const floor = 1e-9 * (values[0] ?? 0);
  const dim = Math.max(1, Math.min(WANTED_DIM, values.filter((e) => e > floor).length));
  const projected = multiply(v, vectors, features, width, width);
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

function moments(x: Float32Array, n: number, weights: Float32Array): { mean: Float32Array; scale: Float32Array } {
  const features = weights.length;
  const mean = new Float64Array(features);
  const square = new Float64Array(features);
  for (let i = 0; i < n; i++) {
    for (let f = 0; f < features; f++) {
      const value = x[i * features + f] as number;
      mean[f] = (mean[f] as number) + value / n;
      square[f] = (square[f] as number) + (value * value) / n;
    }
  }
  const scale = square.map((s, f) => {
    const variance = s - (mean[f] as number) ** 2;
    return variance > 1e-10 ? (weights[f] as number) / Math.sqrt(variance) : 0;
  });
  return { mean: Float32Array.from(mean), scale: Float32Array.from(scale) };
}

/** a [rows, inner] times b [inner, width]. */
function multiply(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  width: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const to = i * width;
    for (let f = 0; f < inner; f++) {
      const x = a[i * inner + f] as number;
      if (x === 0) continue;
      const from = f * width;
      for (let k = 0; k < width; k++) out[to + k] = (out[to + k] as number) + x * (b[from + k] as number);
    }
  }
  return out;
}

/** a [rows, inner] transposed times b [rows, width]. */
function multiplyTransposed(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  width: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(inner * width);
  for (let i = 0; i < rows; i++) {
    const from = i * width;
    for (let f = 0; f < inner; f++) {
      const x = a[i * inner + f] as number;
      if (x === 0) continue;
      const to = f * width;
      for (let k = 0; k < width; k++) out[to + k] = (out[to + k] as number) + x * (b[from + k] as number);
    }
  }
  return out;
}
