import { minimise } from './lbfgs.ts';
import { plainProducts } from './logistic-kernels.ts';
import type { LogisticFit, LogisticOptions } from './logistic.ts';
import { ABSENT, PRESENT, UNKNOWN } from './membership.ts';
import { fromSpan, spanFactor } from './span.ts';

/** With this many times fewer rows than dimensions the fit is done in the rows' own span: the same solution, sooner. */
const SPAN_PAYS = 1.5;

/** `sampleWeights` by row; `start` is not used where the fit is done in the rows' span. */
type Limits = Pick<LogisticOptions, 'maxIterations' | 'tolerance' | 'products' | 'sampleWeights' | 'start'>;

/**
 * One logistic regression per class (binary relevance), fitted together: the sum over classes of the negative
 * log-likelihood of the rows that are known for the class, divided by n, + lambda/2 * ||W||^2, bias free. Each class has
 * the solution that it would have alone. A class that all known rows have, or none, keeps zero weights and the bias of
 * (present + 1) / (known + 2) (Laplace's rule). L-BFGS: the same head, bit for bit, on every backend.
 * @param z standardised rows, [n, dim] @param targets `memberships`, row-major [n, classes]
 */
export function fitSigmoids(
  z: Float64Array,
  targets: Uint8Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
  options: Limits = {},
): LogisticFit {
  const soft = Float64Array.from(targets, (target) => (target === UNKNOWN ? NaN : target));
  return fitSoftSigmoids(z, soft, n, dim, classes, lambda, options);
}

/** The same with a probability as the target of each row and class. @param targets row-major [n, classes], NaN where unknown */
export function fitSoftSigmoids(
  z: Float64Array,
  targets: Float64Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
  options: Limits = {},
): LogisticFit {
  const problem = { z, targets, n, dim, classes, lambda };
  if (n * SPAN_PAYS > dim || options.start) return fit(problem, options);
  const factor = spanFactor(z, n, dim);
  const { weights, ...rest } = fit({ ...problem, z: factor, dim: n }, options);
  return { ...rest, weights: fromSpan(factor, weights, z, n, dim, classes) };
}

interface Problem {
  readonly z: Float64Array;
  readonly targets: Float64Array;
  readonly n: number;
  readonly dim: number;
  readonly classes: number;
  readonly lambda: number;
}

function fit(
  { z, targets, n, dim, classes, lambda }: Problem,
  { maxIterations = 200, tolerance = 1e-5, products = plainProducts, sampleWeights, start }: Limits,
): LogisticFit {
  const biasAt = dim * classes;
  const theta = new Float64Array(biasAt + classes);
  const constants = constantClasses(targets, n, classes);
  if (start) {
    theta.set(start.weights);
    theta.set(start.bias, biasAt);
    for (let k = 0; k < biasAt; k++) if (constants.has(k % classes)) theta[k] = 0;
  }
  const asked = constants.size === 0 ? targets : without(constants, targets, classes);
  const residual = new Float64Array(n * classes);
  const product = products(z, n, dim, classes);
  const objective = (at: Float64Array, gradient: Float64Array): number => {
    product.logits(at, residual);
    const loss = toResidual(residual, asked, classes, sampleWeights) / n;
    product.gradient(residual, gradient);
    gradient.fill(0, biasAt);
    let norm = 0;
    for (let k = 0; k < biasAt; k++) {
      const w = at[k] as number;
      norm += w * w;
      gradient[k] = (gradient[k] as number) / n + lambda * w;
    }
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < classes; c++) {
        gradient[biasAt + c] = (gradient[biasAt + c] as number) + (residual[i * classes + c] as number) / n;
      }
    }
    return loss + 0.5 * lambda * norm;
  };
  const { value, iterations } = minimise(objective, theta, maxIterations, tolerance, product.noise);
  product.release();
  for (const [c, bias] of constants) theta[biasAt + c] = bias;
  return { weights: theta.slice(0, biasAt), bias: theta.slice(biasAt), loss: value, iterations };
}

/** Classes without a known example of one kind, with the bias that stands for them. */
function constantClasses(targets: Float64Array, n: number, classes: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let c = 0; c < classes; c++) {
    let present = 0;
    let absent = 0;
    let between = 0;
    for (let i = 0; i < n; i++) {
      const target = targets[i * classes + c] as number;
      if (target === PRESENT) present++;
      else if (target === ABSENT) absent++;
      else if (!Number.isNaN(target)) between++;
    }
    if (between === 0 && (present === 0 || absent === 0)) found.set(c, Math.log((present + 1) / (absent + 1)));
  }
  return found;
}

function without(constants: ReadonlyMap<number, number>, targets: Float64Array, classes: number): Float64Array {
  return targets.map((target, k) => (constants.has(k % classes) ? NaN : target));
}

/** Turns logits into sigmoid minus target times the row's weight, in place, 0 where unknown; returns the summed loss. */
function toResidual(
  values: Float64Array,
  targets: Float64Array,
  classes: number,
  sampleWeights: Float64Array | undefined,
): number {
  let loss = 0;
  for (let k = 0, row = 0; k < values.length; row++) {
    const weight = sampleWeights?.[row] ?? 1;
    for (const end = k + classes; k < end; k++) {
      const target = targets[k] as number;
      if (Number.isNaN(target)) {
        values[k] = 0;
        continue;
      }
      const z = values[k] as number;
      // One exponential serves softplus(z), softplus(-z) and the sigmoid.
      const e = Math.exp(-Math.abs(z));
      const log = Math.log1p(e);
      loss += weight * (target === ABSENT ? Math.max(0, z) + log : Math.max(0, -z) + log + (1 - target) * z);
      values[k] = weight * ((z >= 0 ? 1 / (1 + e) : e / (1 + e)) - target);
    }
  }
  return loss;
}

/** log(1 + e^z) without overflow. */
export function softplus(z: number): number {
  return Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z)));
}
