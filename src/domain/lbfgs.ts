import { dot } from './dot.ts';

/** Value at `at`; writes the gradient. */
export type Objective = (at: Float64Array, gradient: Float64Array) => number;

const MEMORY = 10;
const ARMIJO = 1e-4;

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
  let value = objective(x, gradient);
  const stop = tolerance * Math.max(1, largest(gradient));
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  const rho: number[] = [];
  let iterations = 0;
  let idle = 0;
  while (iterations < maxIterations && largest(gradient) > stop) {
    const direction = twoLoop(gradient, steps, changes, rho);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      steps.length = changes.length = rho.length = 0;
      for (let i = 0; i < size; i++) direction[i] = -(gradient[i] as number);
      slope = dot(direction, gradient);
    }
    let step = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(Math.max(1e-12, -slope))) : 1;
    const before = x.slice();
    const nextGradient = new Float64Array(size);
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
    const s = new Float64Array(size);
    const y = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      s[i] = (x[i] as number) - (before[i] as number);
      y[i] = (nextGradient[i] as number) - (gradient[i] as number);
    }
    const curvature = dot(s, y);
    if (curvature > 1e-12) {
      steps.push(s);
      changes.push(y);
      rho.push(1 / curvature);
      if (steps.length > MEMORY) {
        steps.shift();
        changes.shift();
        rho.shift();
      }
    }
    gradient = nextGradient;
    value = next;
  }
  return { value, iterations };
}

/** Minus the inverse-Hessian estimate times the gradient. */
function twoLoop(gradient: Float64Array, steps: Float64Array[], changes: Float64Array[], rho: number[]): Float64Array {
  const q = gradient.slice();
  const alpha: number[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const a = (rho[i] as number) * dot(steps[i] as Float64Array, q);
    alpha[i] = a;
    axpy(-a, changes[i] as Float64Array, q);
  }
  const last = changes.at(-1);
  if (last) {
    const gamma = 1 / ((rho.at(-1) as number) * dot(last, last));
    for (let i = 0; i < q.length; i++) q[i] = (q[i] as number) * gamma;
  }
  for (let i = 0; i < steps.length; i++) {
    const b = (rho[i] as number) * dot(changes[i] as Float64Array, q);
    axpy((alpha[i] as number) - b, steps[i] as Float64Array, q);
  }
  for (let i = 0; i < q.length; i++) q[i] = -(q[i] as number);
  return q;
}

function axpy(factor: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) y[i] = (y[i] as number) + factor * (x[i] as number);
}
function largest(a: Float64Array): number {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i] as number));
  return max;
}
