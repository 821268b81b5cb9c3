/** Test accuracy after each round of one replay. */
export interface Curve {
  readonly accuracies: readonly number[];
  readonly secondsPerRound: number;
  /** Mean milliseconds per round in the worker. */
  readonly fitMs: number;
  readonly selectMs: number;
}
export interface CurveStats {
  /** Mean test accuracy over the rounds, averaged over the seeds, with half the width of its 95 % interval. */
  readonly aulc: number;
  readonly aulc_ci: number;
  /** Labels until the mean curve reaches 80, 90, 95 % of the full-pool accuracy; Infinity when it does not. */
  readonly n80: number;
  readonly n90: number;
  readonly n95: number;
  readonly s_per_round: number;
  readonly fit_ms: number;
  readonly select_ms: number;
}

export function curveStats(curves: readonly Curve[], batch: number, full: number): CurveStats {
  const areas = curves.map((c) => average(c.accuracies));
  const curve = meanCurve(curves);
  return {
    aulc: average(areas),
    aulc_ci: interval(areas),
    n80: labelsTo(curve, batch, 0.8 * full),
    n90: labelsTo(curve, batch, 0.9 * full),
    n95: labelsTo(curve, batch, 0.95 * full),
    s_per_round: average(curves.map((c) => c.secondsPerRound)),
    fit_ms: average(curves.map((c) => c.fitMs)),
    select_ms: average(curves.map((c) => c.selectMs)),
  };
}

export function meanCurve(curves: readonly Curve[]): number[] {
  const rounds = Math.min(...curves.map((c) => c.accuracies.length));
  return Array.from({ length: rounds }, (_, r) => average(curves.map((c) => c.accuracies[r] ?? 0)));
}

/** Half the width of the 95 % t-interval of a mean. */
export function interval(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return NaN;
  const m = average(values);
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (n - 1));
  const t = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26][n - 2] ?? 2;
  return (t * deviation) / Math.sqrt(n);
}

/** By linear interpolation between rounds; the first batch counts as a whole. */
function labelsTo(curve: readonly number[], batch: number, target: number): number {
  const at = curve.findIndex((a) => a >= target);
  if (at < 0) return Infinity;
  const before = curve[at - 1];
  const here = curve[at] ?? target;
  return before === undefined ? batch : batch * (at + (target - before) / (here - before));
}

function average(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
}

/** Raw values of a little-endian C-order .npy file of float32 or int32 (NumPy format 1.0). Throws on anything else. */
export function readNpy(file: Buffer): { bytes: Buffer; shape: number[] } {
  const headerLength = file.readUInt16LE(8);
  const header = file.subarray(10, 10 + headerLength).toString('latin1');
  if (!/'descr': '<[fi]4'/.test(header) || !header.includes("'fortran_order': False")) {
    throw new Error(`Not a float32 or int32 array in C order: ${header}`);
  }
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').filter((s) => s.trim() !== '');
  return { bytes: file.subarray(10 + headerLength), shape: shape.map(Number) };
}
