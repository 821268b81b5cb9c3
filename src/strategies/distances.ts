import type { Compute, Matrix } from './strategy.ts';

/** Numbers in one block of a product: 64 MB of float32. */
export const MOST_BLOCK_VALUES = 1.6e7;
/** Backends' float32 squared distances between unit rows are off by far less than this. */
export const DISTANCE_SLACK = 1e-4;

/** Squared Euclidean distance of row `i` of a to row `j` of b in float64: the same on every backend. */
export function squaredDistance(a: Matrix, i: number, b: Matrix, j: number): number {
  const { cols } = a;
  const [from, to] = [i * cols, j * cols];
  let sum = 0;
  for (let d = 0; d < cols; d++) {
    const delta = (a.data[from + d] as number) - (b.data[to + d] as number);
    sum += delta * delta;
  }
  return sum;
}

/** Least `squaredDistance` of row `i` of a to the given rows of b; Infinity when there are none. */
export function leastSquaredDistance(a: Matrix, i: number, b: Matrix, rows: Int32Array): number {
  let least = Infinity;
  for (const j of rows) least = Math.min(least, squaredDistance(a, i, b, j));
  return least;
}

/** Copies some rows, float32 [rows, cols]. */
export function gatherRows({ data, cols }: Matrix, rows: Int32Array): Matrix {
  const out = new Float32Array(rows.length * cols);
  rows.forEach((row, i) => out.set(data.subarray(row * cols, (row + 1) * cols), i * cols));
  return { data: out, rows: rows.length, cols };
}

/**
 * Squared distance of each of a's rows to the nearest of b's, to within `DISTANCE_SLACK` for unit rows; Infinity when b
 * has none. The backend does the products in blocks of 64 MB at most.
 */
export async function nearestSquared(
  a: Matrix,
  rowsA: Int32Array,
  b: Matrix,
  rowsB: Int32Array,
  compute: Compute,
): Promise<Float64Array> {
  const out = new Float64Array(rowsA.length).fill(Infinity);
  const mostRows = Math.max(1, Math.floor(MOST_BLOCK_VALUES / Math.max(1, a.cols)));
  for (let startB = 0; startB < rowsB.length; startB += mostRows) {
    const others = gatherRows(b, rowsB.subarray(startB, startB + mostRows));
    const block = Math.max(1, Math.min(mostRows, Math.floor(MOST_BLOCK_VALUES / others.rows)));
    for (let start = 0; start < rowsA.length; start += block) {
      const own = gatherRows(a, rowsA.subarray(start, start + block));
      const { squared } = await compute.nearest(own, others);
      squared.forEach((value, i) => (out[start + i] = Math.min(out[start + i] as number, value)));
    }
  }
  return out;
}
