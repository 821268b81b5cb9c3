import { sigmoid } from './head-maths.ts';
import { minimise } from './lbfgs.ts';
import { plainProducts } from './logistic-kernels.ts';
import type { LogisticFit, LogisticOptions } from './logistic.ts';
import { ABSENT, PRESENT, UNKNOWN } from './membership.ts';
import { fromSpan, spanFactor } from './span.ts';

/** With this many times fewer rows than dimensions the fit is done in the rows' own span: the same solution, sooner. */
const SPAN_PAYS = 1.5;

type Limits = Pick<LogisticOptions, 'maxIterations' | 'tolerance' | 'products'>;

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
  if (n * SPAN_PAYS > dim) return fit(z, targets, n, dim, classes, lambda, options);
  const factor = spanFactor(z, n, dim);
  const { weights, ...rest } = fit(factor, targets, n, n, classes, lambda, options);
  return { ...rest, weights: fromSpan(factor, weights, z, n, dim, classes) };
}

function fit(
  z: Float64Array,
  targets: Uint8Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
  { maxIterations = 200, tolerance = 1e-5, products = plainProducts }: Limits,
): LogisticFit {
  const biasAt = dim * classes;
  const theta = new Float64Array(biasAt + classes);
  const constants = constantClasses(targets, n, classes);
  const asked = constants.size === 0 ? targets : without(constants, targets, classes);
  const residual = new Float64Array(n * classes);
  const product = products(z, n, dim, classes);
  const objective = (at: Float64Array, gradient: Float64Array): number => {
    product.logits(at, residual);
    const loss = toResidual(residual, asked) / n;
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
function constantClasses(targets: Uint8Array, n: number, classes: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let c = 0; c < classes; c++) {
    let present = 0;
    let absent = 0;
    for (let i = 0; i < n; i++) {
      if (targets[i * classes + c] === PRESENT) present++;
      else if (targets[i * classes + c] === ABSENT) absent++;
    }
    if (present === 0 || absent === 0) found.set(c, Math.log((present + 1) / (absent + 1)));
  }
  return found;
}

function without(constants: ReadonlyMap<number, number>, targets: Uint8Array, classes: number): Uint8Array {
  return targets.map((target, k) => (constants.has(k % classes) ? UNKNOWN : target));
}

/** Turns logits into sigmoid minus target in place, 0 where unknown; returns the summed negative log-likelihood. */
function toResidual(values: Float64Array, targets: Uint8Array): number {
  let loss = 0;
  for (let k = 0; k < values.length; k++) {
    const target = targets[k] as number;
    if (target === UNKNOWN) {
      values[k] = 0;
      continue;
    }
    const z = values[k] as number;
    loss += softplus(target === PRESENT ? -z : z);
    values[k] = sigmoid(z) - target;
  }
  return loss;
}

/** log(1 + e^z) without overflow. */
export function softplus(z: number): number {
  return Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z)));
}
