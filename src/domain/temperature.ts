/**
 * Temperature scaling (Guo et al. 2017, On calibration of modern neural networks): softmax(logits / T). It works on
 * probabilities as well as on logits, as these differ by a constant per row, and never changes which class is first.
 */

export const COOLEST = 0.05;
export const HOTTEST = 20;
/** Keeps the logarithm finite; about the smallest number that float32 tells from 0. */
const SMALLEST = 1e-38;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Narrows log T to within 3e-5. */
const STEPS = 25;

/**
 * The most probable temperature: log loss of the true classes, with a standard normal prior on log T that few rows do not
 * outweigh. Between 0.05 and 20; 1 without rows.
 * @param p row-major [n, classes] @param truth class indices, [n]
 */
export function fitTemperature(p: ArrayLike<number>, truth: ArrayLike<number>, classes: number): number {
  const n = truth.length;
  if (n === 0 || classes < 2) return 1;
  const logs = Float64Array.from({ length: n * classes }, (_, k) => Math.log(Math.max(SMALLEST, p[k] as number)));
  const cost = (u: number): number => {
    const sharpness = Math.exp(-u);
    let sum = (u * u) / 2;
    for (let i = 0; i < n; i++) {
      const from = i * classes;
      const own = logs[from + (truth[i] as number)] as number;
      let total = 0;
      for (let c = 0; c < classes; c++) total += Math.exp(((logs[from + c] as number) - own) * sharpness);
      sum += Math.log(Math.min(Number.MAX_VALUE, total));
    }
    return sum;
  };
  // Golden-section search (Kiefer 1953).
  let [low, high] = [Math.log(COOLEST), Math.log(HOTTEST)];
  let [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atA, atB] = [cost(a), cost(b)];
  for (let step = 0; step < STEPS; step++) {
    if (atA <= atB) {
      [high, b, atB] = [b, a, atA];
      a = high - GOLDEN * (high - low);
      atA = cost(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + GOLDEN * (high - low);
      atB = cost(b);
    }
  }
  return Math.exp((low + high) / 2);
}

/** The probabilities at another temperature, in place. Rows of zeros (nothing known) stay. @param p row-major [*, classes] */
export function temper<T extends Float32Array | Float64Array>(p: T, classes: number, temperature: number): T {
  if (temperature === 1 || classes < 2) return p;
  for (let from = 0; from < p.length; from += classes) {
    let max = 0;
    for (let c = 0; c < classes; c++) max = Math.max(max, p[from + c] as number);
    if (max === 0) continue;
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const value = Math.exp(Math.log((p[from + c] as number) / max) / temperature);
      p[from + c] = value;
      sum += value;
    }
    for (let c = 0; c < classes; c++) p[from + c] = (p[from + c] as number) / sum;
  }
  return p;
}
