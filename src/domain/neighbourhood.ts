import type { Random } from './random.ts';
import type { PoolBasis } from './semi-supervised.ts';
import { leadingAxes, times } from './subspace.ts';

/** How many neighbours a row is averaged with, and the share that they get. */
export const NEIGHBOURS = 15;
const NEIGHBOUR_SHARE = 0.5;
const BASIS_WIDTH = 128;

/**
 * A unit row mixed half and half with the similarity-weighted mean of its nearest references, and made unit length.
 * Similarities are taken again in float64 from a shortlist, so that backends agree on who is near.
 * @param own the row, [dim] @param references unit rows, [*, dim] @param shortlist indices of likely neighbours
 */
export function smoothRow(
  own: Float32Array,
  references: Float32Array,
  shortlist: readonly number[],
  dim: number,
): Float32Array {
  const near = shortlist
    .map((index) => {
      let dot = 0;
      for (let d = 0; d < dim; d++) dot += (own[d] as number) * (references[index * dim + d] as number);
      return { index, weight: Math.max(0, dot) };
    })
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
    .slice(0, NEIGHBOURS);
  const sum = new Float64Array(dim);
  for (const { index, weight } of near) {
    for (let d = 0; d < dim; d++) sum[d] = (sum[d] as number) + weight * (references[index * dim + d] as number);
  }
  let norm = 0;
  for (const value of sum) norm += value * value;
  const factor = norm > 1e-18 ? NEIGHBOUR_SHARE / Math.sqrt(norm) : 0;
  const out = new Float32Array(dim);
  let squared = 0;
  for (let d = 0; d < dim; d++) {
    const value = (1 - NEIGHBOUR_SHARE) * (own[d] as number) + factor * (sum[d] as number);
    out[d] = value;
    squared += value * value;
  }
  const length = Math.sqrt(squared);
  return length > 0 ? out.map((value) => value / length) : out;
}

/** Mean, scale and leading axes of embeddings. @param x row-major [n, dim] */
export function fitPoolBasis(x: Float32Array, n: number, dim: number, random: Random): PoolBasis {
  const mean = new Float64Array(dim);
  for (let i = 0; i < n; i++)
    for (let d = 0; d < dim; d++) mean[d] = (mean[d] as number) + (x[i * dim + d] as number) / n;
  const rounded = Float32Array.from(mean);
  const z = new Float64Array(n * dim);
  for (let i = 0; i < n; i++)
    for (let d = 0; d < dim; d++) z[i * dim + d] = (x[i * dim + d] as number) - (rounded[d] as number);
  const { axes, width } = leadingAxes(z, n, dim, BASIS_WIDTH, random);
  const projected = times(z, axes, n, dim, width);
  let squared = 0;
  for (const value of projected) squared += value * value;
  const scale = squared / n > 1e-12 ? Math.fround(Math.sqrt((width * n) / squared)) : 1;
  return { dim, width, mean: rounded, scale, axes };
}

/** Basis coordinates of some rows, row-major [rows, width]. @param x row-major [*, dim] */
export function coordinatesOf(basis: PoolBasis, x: Float32Array, rows: Int32Array): Float64Array {
  const { dim, mean, scale } = basis;
  const z = new Float64Array(rows.length * dim);
  rows.forEach((row, i) => {
    for (let d = 0; d < dim; d++) z[i * dim + d] = ((x[row * dim + d] as number) - (mean[d] as number)) * scale;
  });
  return times(z, basis.axes, rows.length, dim, basis.width);
}
