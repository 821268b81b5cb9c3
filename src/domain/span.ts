import { dotAt } from './dot.ts';
import { addTransposedProduct } from './logistic-kernels.ts';
import { fitLogistic, type LogisticFit, type LogisticOptions } from './logistic.ts';

/**
 * Coordinates [n, n] of n rows in an orthonormal basis of their span: the Cholesky factor L of their Gram matrix. A ridge
 * problem in these coordinates has the same solution, and is small when n is below the dimension.
 * @param z row-major [n, dim]
 */
export function spanFactor(z: Float64Array, n: number, dim: number): Float64Array {
  const factor = new Float64Array(n * n);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = dotAt(z, i * dim, z, j * dim, dim);
      factor[i * n + j] = sum;
      if (i === j) trace += sum;
    }
  }
  const jitter = (trace / Math.max(1, n)) * 1e-8 + 1e-12;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = (factor[i * n + j] as number) + (i === j ? jitter : 0) - dotAt(factor, i * n, factor, j * n, j);
      if (i === j) factor[i * n + i] = Math.sqrt(Math.max(sum, jitter));
      else factor[i * n + j] = sum / (factor[j * n + j] as number);
    }
  }
  return factor;
}

/**
 * Weights in the space of the rows for weights w [n, width] in span coordinates: Z^T L^-T w, row-major [dim, width].
 * @param z the rows of `spanFactor`, [n, dim]
 */
export function fromSpan(
  factor: Float64Array,
  w: Float64Array,
  z: Float64Array,
  n: number,
  dim: number,
  width: number,
): Float64Array {
  const a = Float64Array.from(w);
  for (let i = n - 1; i >= 0; i--) {
    const diagonal = factor[i * n + i] as number;
    for (let c = 0; c < width; c++) a[i * width + c] = (a[i * width + c] as number) / diagonal;
    for (let j = 0; j < i; j++) {
      const l = factor[i * n + j] as number;
      if (l === 0) continue;
      for (let c = 0; c < width; c++)
        a[j * width + c] = (a[j * width + c] as number) - l * (a[i * width + c] as number);
    }
  }
  const out = new Float64Array(dim * width);
  addTransposedProduct(z, a, n, dim, width, out);
  return out;
}

/** `fitLogistic` done in span coordinates: the same solution, at a cost that grows with n and not with the dimension. */
export function fitInSpan(
  z: Float64Array,
  y: Int32Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
  options: Pick<LogisticOptions, 'products' | 'sampleWeights'> = {},
): LogisticFit {
  const factor = spanFactor(z, n, dim);
  const fit = fitLogistic(factor, y, n, n, classes, lambda, options);
  return { ...fit, weights: fromSpan(factor, fit.weights, z, n, dim, classes) };
}
