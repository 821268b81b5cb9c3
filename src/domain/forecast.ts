import type { Interval } from './intervals.ts';
import type { Random } from './random.ts';

/** A power law has three unknowns; fewer rounds than this would be guessed through. */
export const LEAST_ROUNDS = 4;
/** Exponents that are tried. */
const EXPONENTS = Array.from({ length: 40 }, (_, i) => 0.05 * (i + 1));
const RESAMPLES = 200;
/** All rounds share one test set, so much of their error is common; about this share of the variance is not. */
const OWN_VARIANCE = 0.5;

export interface CurveObservation {
  readonly labels: number;
  readonly accuracy: number;
  /** Test labels behind it. */
  readonly n: number;
}
export interface PowerLaw {
  /** accuracy = ceiling - loss * labels^-exponent, at most 1. */
  readonly ceiling: number;
  readonly loss: number;
  readonly exponent: number;
}
export interface Forecast {
  /** Expected accuracy with `labels` training labels, and its gain over the latest round. */
  readonly labels: number;
  readonly accuracy: number;
  readonly gain: number;
  /** 95 % interval of the gain, never below 0 at its middle. */
  readonly gainInterval: Interval;
}

/** Least squares over ceiling and loss for each exponent on a grid (inverse power law: Figueroa et al. 2012). Null with too few rounds. */
export function fitPowerLaw(points: readonly CurveObservation[]): PowerLaw | null {
  if (points.length < LEAST_ROUNDS) return null;
  let best: PowerLaw | null = null;
  let least = Infinity;
  for (const exponent of EXPONENTS) {
    const fit = lineThrough(points, exponent);
    const error = points.reduce((sum, p) => sum + (at(fit, p.labels) - p.accuracy) ** 2, 0);
    if (error < least - 1e-12) [best, least] = [fit, error];
  }
  return best;
}

/**
 * What `more` labels are likely to bring. The interval comes from refits to curves that are drawn again within the
 * binomial error of each point, widened by how far the points lie from the law. Null with fewer than four rounds.
 */
export function forecastGain(curve: readonly CurveObservation[], more: number, random: Random): Forecast | null {
  // A model that was trained again on as many labels is no further round.
  const points = [...new Map(curve.map((p) => [p.labels, p])).values()];
  const law = fitPowerLaw(points);
  const last = points.at(-1);
  if (!law || !last) return null;
  const labels = last.labels + more;
  // How far the rounds lie from the law: no real curve follows one exactly.
  const squares = points.reduce((sum, p) => sum + (at(law, p.labels) - p.accuracy) ** 2, 0);
  const residual = Math.sqrt(squares / Math.max(1, points.length - 2));
  const draws = Float64Array.from({ length: RESAMPLES }, () => {
    const again = points.map((p) => {
      const error = Math.sqrt((Math.max(p.accuracy * (1 - p.accuracy), 0.25 / p.n) / p.n) * OWN_VARIANCE);
      return { ...p, accuracy: Math.min(1, Math.max(0, p.accuracy + error * random.normal())) };
    });
    const refit = fitPowerLaw(again);
    return (refit ? at(refit, labels) - at(refit, last.labels) : 0) + residual * random.normal();
  }).sort();
  const pick = (share: number): number => draws[Math.floor(share * (RESAMPLES - 1))] as number;
  // From the score that is shown on, which can't rise above 1 nor fall below 0.
  const room = (by: number): number => Math.min(1 - last.accuracy, Math.max(-last.accuracy, by));
  const gain = room(Math.max(0, at(law, labels) - at(law, last.labels)));
  return {
    labels,
    accuracy: last.accuracy + gain,
    gain,
    gainInterval: { low: Math.min(gain, room(pick(0.025))), high: Math.max(gain, room(pick(0.975))) },
  };
}

/** Accuracy that a power law gives, within 0 and 1. */
export function at({ ceiling, loss, exponent }: PowerLaw, labels: number): number {
  return Math.min(1, Math.max(0, ceiling - loss * Math.max(1, labels) ** -exponent));
}

function lineThrough(points: readonly CurveObservation[], exponent: number): PowerLaw {
  const n = points.length;
  const x = points.map((p) => Math.max(1, p.labels) ** -exponent);
  const meanX = x.reduce((a, b) => a + b, 0) / n;
  const meanY = points.reduce((sum, p) => sum + p.accuracy, 0) / n;
  let xy = 0;
  let xx = 0;
  points.forEach((p, i) => {
    xy += ((x[i] as number) - meanX) * (p.accuracy - meanY);
    xx += ((x[i] as number) - meanX) ** 2;
  });
  const slope = xx > 1e-15 ? Math.min(0, xy / xx) : 0;
  const ceiling = meanY - slope * meanX;
  if (ceiling <= 1) return { ceiling, loss: -slope, exponent };
  // A model is never better than perfect: the ceiling is held at 1 and the loss fitted alone.
  const squares = x.reduce((sum, v) => sum + v * v, 0);
  const held = points.reduce((sum, p, i) => sum + (1 - p.accuracy) * (x[i] as number), 0) / Math.max(1e-15, squares);
  return { ceiling: 1, loss: held, exponent };
}
