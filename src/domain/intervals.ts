import type { Random } from './random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Standard normal, 97.5 %. */
const Z = 1.959963984540054;

/** 95 % score interval of a proportion (Wilson 1927). [0, 1] without observations. */
export function wilsonInterval(hits: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const z = Z;
  const p = hits / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/**
 * 95 % interval of an F1 score. F1 = 2J / (1 + J), J being the hits' share of the items that have the class or get it, so
 * Wilson's interval of J gives one of F1, open also where nothing is wrong.
 */
export function f1Interval(hits: number, labelledOrGiven: number): Interval {
  const { low, high } = wilsonInterval(hits, labelledOrGiven);
  return { low: (2 * low) / (1 + low), high: (2 * high) / (1 + high) };
}

/**
 * 95 % interval of a mean of n numbers by its standard error, with two observations added at each end of the range (Agresti and Coull 1998
 * do so for a share): open also where all are alike. Half its width.
 * @param low, high the range that the numbers can have around their mean
 */
export function meanMargin(values: ArrayLike<number>, low: number, high: number): number {
  const n = values.length;
  if (n === 0) return Infinity;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (values[i] as number) / n;
  let squares = 2 * (low - mean) ** 2 + 2 * (high - mean) ** 2;
  for (let i = 0; i < n; i++) squares += ((values[i] as number) - mean) ** 2;
  return (Z * Math.sqrt(squares)) / (n + 4);
}

/**
 * 95 % percentile bootstrap (Efron 1979) of a statistic of n observations. `statistic` gets the resampled indices.
 * [0, 1] without observations.
 */
export function bootstrapInterval(
  n: number,
  statistic: (sample: Int32Array) => number,
  random: Random,
  resamples = 1000,
): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const values = new Float64Array(resamples);
  const sample = new Int32Array(n);
  for (let b = 0; b < resamples; b++) {
    for (let i = 0; i < n; i++) sample[i] = random.below(n);
    values[b] = statistic(sample);
  }
  values.sort();
  const at = (share: number): number => values[Math.min(resamples - 1, Math.floor(share * resamples))] as number;
  return { low: at(0.025), high: at(0.975) };
}
