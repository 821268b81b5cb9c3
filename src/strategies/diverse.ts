import type { Row } from '../domain/ids.ts';
import { kMeans } from '../domain/kmeans.ts';
import type { Random } from '../domain/random.ts';
import type { Compute, Matrix } from './strategy.ts';

export interface Representative {
  readonly row: Row;
  /** Rows in its cluster, itself included. */
  readonly clusterSize: number;
  /** Sum of its rows' weights. */
  readonly weight: number;
}

/**
 * Clusters the rows into `count` groups and returns the member nearest to each centre, heaviest cluster first. Fewer than
 * `count` come back when rows coincide; the caller fills up.
 * @param weights how much each row counts, [rows]; 1 when absent
 */
export function representatives(
  embeddings: Matrix,
  rows: Int32Array,
  count: number,
  random: Random,
  { matrix }: Compute,
  weights?: Float64Array,
): Representative[] {
  const dim = embeddings.cols;
  const data = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => data.set(embeddings.data.subarray(row * dim, (row + 1) * dim), i * dim));
  const { assignment, squared, k } = kMeans(data, rows.length, dim, count, random, { matrix, weights });
  const nearest = new Int32Array(k).fill(-1);
  const sizes = new Int32Array(k);
  const masses = new Float64Array(k);
  for (let i = 0; i < rows.length; i++) {
    const c = assignment[i] as number;
    sizes[c] = (sizes[c] as number) + 1;
    masses[c] = (masses[c] as number) + (weights ? (weights[i] as number) : 1);
    const held = nearest[c] as number;
    if (held < 0 || (squared[i] as number) < (squared[held] as number)) nearest[c] = i;
  }
  return Array.from(nearest, (i, c) => ({ i, clusterSize: sizes[c] as number, weight: masses[c] as number }))
    .filter((e) => e.i >= 0)
    .map(({ i, ...cluster }) => ({ row: rows[i] as number, ...cluster }))
    .sort((a, b) => b.weight - a.weight || a.row - b.row);
}
