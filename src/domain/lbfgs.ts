import { dot } from './dot.ts';

/** Value at `at`; writes the gradient. */
export type Objective = (at: Float64Array, gradient: Float64Array) => number;

const MEMORY = 10;
const ARMIJO = 1e-4;

/** What one step told about the curvature. */
interface Pair {
  readonly step: Float64Array;
  /** Of the gradient. */
  readonly change: Float64Array;
  rho: number;
  alpha: number;
}

/** Steps in a row that gain no more than noise before it stops. */
const IDLE_STEPS = 3;

/**
 * Limited-memory BFGS with two-loop recursion (Nocedal 1980; Liu and Nocedal 1989) and a backtracking Armijo line search;
 * pairs without positive curvature are left out. Changes `x` in place. Stops when the largest gradient entry is below
 * `tolerance` times max(1, the first one), when nothing improves, or after `maxIterations`.
 * @param noise share of the value by which rounding may change it: no step is refused for less
 */
export function minimise(
  objective: Objective,
  x: Float64Array,
  maxIterations: number,
  tolerance: number,
  noise = 0,
): { value: number; iterations: number } {
  const size = x.length;
  let gradient = new Float64Array(size);
  let nextGradient = new Float64Array(size);
  const before = new Float64Array(size);
  const direction = new Float64Array(size);
  const pairs: Pair[] = [];
  /** Fresh memory costs more than what is computed in it, so a forgotten pair is written over. */
  let spare: Pair | null = null;
  let value = objective(x, gradient);
  const stop = tolerance * Math.max(1, largest(gradient));
  let iterations = 0;
  let idle = 0;
  while (iterations < maxIterations && largest(gradient) > stop) {
    twoLoop(gradient, pairs, direction);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      pairs.length = 0;
      for (let i = 0; i < size; i++) direction[i] = -(gradient[i] as number);
      slope = dot(direction, gradient);
    }
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(Math.max(1e-12, -slope))) : 1;
    before.set(x);
    const allowance = noise * Math.abs(value);
    let next = Infinity;
    for (let tries = 0; tries < 30; tries++) {
      for (let i = 0; i < size; i++) x[i] = (before[i] as number) + step * (direction[i] as number);
      next = objective(x, nextGradient);
      if (next <= value + ARMIJO * step * slope + allowance) break;
      step /= 2;
    }
    iterations++;
    idle = next < value - allowance ? 0 : idle + 1;
    if (idle > (noise > 0 ? IDLE_STEPS : 0) || !(next <= value + allowance)) {
      x.set(before);
      break;
    }
    const pair: Pair = spare ?? { step: new Float64Array(size), change: new Float64Array(size), rho: 0, alpha: 0 };
    spare = null;
    difference(x, before, pair.step);
    difference(nextGradient, gradient, pair.change);
    const curvature = dot(pair.step, pair.change);
    pair.rho = 1 / curvature;
    if (curvature > 1e-12) {
      pairs.push(pair);
      if (pairs.length > MEMORY) spare = pairs.shift() ?? null;
    } else spare = pair;
    [gradient, nextGradient] = [nextGradient, gradient];
    value = next;
  }
  return { value, iterations };
}

/** Writes minus the inverse-Hessian estimate times the gradient into `q`. */
function twoLoop(gradient: Float64Array, pairs: readonly Pair[], q: Float64Array): void {
  q.set(gradient);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const pair = pairs[i] as Pair;
    pair.alpha = pair.rho * dot(pair.step, q);
    axpy(-pair.alpha, pair.change, q);
  }
  const last = pairs.at(-1);
  if (last) {
    const gamma = 1 / (last.rho * dot(last.change, last.change));
    for (let i = 0; i < q.length; i++) q[i] = (q[i] as number) * gamma;
  }
  for (const pair of pairs) axpy(pair.alpha - pair.rho * dot(pair.change, q), pair.step, q);
  for (let i = 0; i < q.length; i++) q[i] = -(q[i] as number);
}

function difference(a: Float64Array, b: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) - (b[i] as number);
}
function axpy(factor: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) y[i] = (y[i] as number) + factor * (x[i] as number);
}
function largest(a: Float64Array): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i] as number));
  return max;
}
