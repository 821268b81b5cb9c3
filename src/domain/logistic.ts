import { minimise } from './lbfgs.ts';
import { plainProducts, type MakeProducts } from './logistic-kernels.ts';

/** Training data of a head. */
export interface LabelledMatrix {
  /** Row-major [n, dim]. */
  readonly x: Float32Array;
  readonly n: number;
  readonly dim: number;
  /** Class index of each row, [n]. */
  readonly y: Int32Array;
  readonly classes: number;
}

export interface Standardiser {
  /** Feature means, [dim]. */
  readonly mean: Float32Array;
  /** One factor for all features: after centring, the mean squared norm becomes `dim`. 1 when there is no spread. */
  readonly scale: number;
}

export interface LogisticOptions {
  /** Weights and bias to start from, of the same shape. */
  readonly start?: Pick<LogisticFit, 'weights' | 'bias'>;
  /** Default 200. */
  readonly maxIterations?: number;
  /** Largest gradient entry at which it stops, relative to the first one where that is above 1. Default 3e-5. */
  readonly tolerance?: number;
  /** Weight of each row in the mean loss, [n]; all 1 when absent. */
  readonly sampleWeights?: Float64Array;
  /** Plain float64 when absent. */
  readonly products?: MakeProducts;
}

export interface LogisticFit {
  /** Row-major [dim, classes]. */
  readonly weights: Float64Array;
  /** [classes]. */
  readonly bias: Float64Array;
  readonly loss: number;
  readonly iterations: number;
}

/** Means and one common scale of the rows of x [n, dim]. */
export function fitStandardiser(x: Float32Array, n: number, dim: number): Standardiser {
  const mean = new Float64Array(dim);
  for (let i = 0; i < n; i++)
    for (let d = 0; d < dim; d++) mean[d] = (mean[d] as number) + (x[i * dim + d] as number) / n;
  let squared = 0;
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < dim; d++) squared += ((x[i * dim + d] as number) - (mean[d] as number)) ** 2;
  }
  const meanNorm = n > 0 ? squared / n : 0;
  return { mean: Float32Array.from(mean), scale: meanNorm > 1e-12 ? Math.fround(Math.sqrt(dim / meanNorm)) : 1 };
}

/** (x - mean) * scale, float64 [n, dim]. */
export function standardise(x: Float32Array, n: number, dim: number, s: Standardiser): Float64Array {
  const out = new Float64Array(n * dim);
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < dim; d++) {
      out[i * dim + d] = ((x[i * dim + d] as number) - (s.mean[d] as number)) * s.scale;
    }
  }
  return out;
}

/**
 * Multinomial logistic regression with a ridge penalty: mean negative log-likelihood + lambda/2 * ||W||^2, bias free.
 * L-BFGS in float64 (Liu and Nocedal 1989), so the same rows give bit for bit the same head on every backend.
 * @param z standardised rows, [n, dim] @param y class index of each row, [n]
 */
export function fitLogistic(
  z: Float64Array,
  y: Int32Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
  options: LogisticOptions = {},
): LogisticFit {
  return fit({ z, n, dim, classes, lambda }, options, (residual) =>
    softmaxResidual(residual, y, n, classes, options.sampleWeights),
  );
}

/** The same with a distribution over the classes as the target of each row. @param targets row-major [n, classes] */
export function fitSoftLogistic(
  z: Float64Array,
  targets: Float64Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
  options: LogisticOptions = {},
): LogisticFit {
  return fit({ z, n, dim, classes, lambda }, options, (residual) =>
    softResidual(residual, targets, n, classes, options.sampleWeights),
  );
}

interface Problem {
  readonly z: Float64Array;
  readonly n: number;
  readonly dim: number;
  readonly classes: number;
  readonly lambda: number;
}

/** @param toResidual turns logits [n, classes] into weighted residuals in place and returns the weighted summed loss */
function fit(
  { z, n, dim, classes, lambda }: Problem,
  { start, maxIterations = 200, tolerance = 3e-5, products = plainProducts }: LogisticOptions,
  toResidual: (logits: Float64Array) => number,
): LogisticFit {
  const weightCount = dim * classes;
  const theta = new Float64Array(weightCount + classes);
  if (start) {
    theta.set(start.weights);
    theta.set(start.bias, weightCount);
  }
  if (classes < 2)
    return { weights: theta.slice(0, weightCount), bias: new Float64Array(classes), loss: 0, iterations: 0 };
  const residual = new Float64Array(n * classes);
  const product = products(z, n, dim, classes);
  const objective = (at: Float64Array, gradient: Float64Array): number => {
    product.logits(at, residual);
    const loss = toResidual(residual) / n;
    product.gradient(residual, gradient);
    for (let c = 0; c < classes; c++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += residual[i * classes + c] as number;
      gradient[weightCount + c] = sum / n;
    }
    let norm = 0;
    for (let k = 0; k < weightCount; k++) {
      const w = at[k] as number;
      norm += w * w;
      gradient[k] = (gradient[k] as number) / n + lambda * w;
    }
    return loss + 0.5 * lambda * norm;
  };
  const { value, iterations } = minimise(objective, theta, maxIterations, tolerance, product.noise);
  product.release();
  return { weights: theta.slice(0, weightCount), bias: theta.slice(weightCount), loss: value, iterations };
}

/** Turns logits into (softmax minus one-hot) times the row's weight, in place; returns the weighted summed negative log-likelihood. */
function softmaxResidual(
  values: Float64Array,
  y: Int32Array,
  n: number,
  classes: number,
  sampleWeights: Float64Array | undefined,
): number {
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const o = i * classes;
    let max = -Infinity;
    for (let c = 0; c < classes; c++) max = Math.max(max, values[o + c] as number);
    let sum = 0;
    const target = y[i] as number;
    const own = (values[o + target] as number) - max;
    for (let c = 0; c < classes; c++) {
      const e = Math.exp((values[o + c] as number) - max);
      values[o + c] = e;
      sum += e;
    }
    const weight = sampleWeights?.[i] ?? 1;
    for (let c = 0; c < classes; c++) values[o + c] = (weight * (values[o + c] as number)) / sum;
    values[o + target] = (values[o + target] as number) - weight;
    loss += weight * (Math.log(sum) - own);
  }
  return loss;
}

/** The same for soft targets: cross-entropy against a distribution per row. */
function softResidual(
  values: Float64Array,
  targets: Float64Array,
  n: number,
  classes: number,
  sampleWeights: Float64Array | undefined,
): number {
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const o = i * classes;
    let max = -Infinity;
    for (let c = 0; c < classes; c++) max = Math.max(max, values[o + c] as number);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp((values[o + c] as number) - max);
    const log = Math.log(sum) + max;
    const weight = sampleWeights?.[i] ?? 1;
    for (let c = 0; c < classes; c++) {
      const logit = values[o + c] as number;
      const target = targets[o + c] as number;
      loss += weight * target * (log - logit);
      values[o + c] = weight * (Math.exp(logit - log) - target);
    }
  }
  return loss;
}
