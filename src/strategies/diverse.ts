import type { Row } from '../domain/ids.ts';
import { kMeans } from '../domain/kmeans.ts';
import { drawIndex, type Random } from '../domain/random.ts';
import type { Compute, Matrix } from './strategy.ts';

const WEIGHTED_STEPS = 10;

export interface Representative {
  readonly row: Row;
  /** Rows in its cluster, itself included. */
  readonly clusterSize: number;
}

/**
 * Clusters the rows into `count` groups and returns the member nearest to each centre, largest cluster first. Fewer than
 * `count` come back when rows coincide; the caller fills up.
 */
export function representatives(
  embeddings: Matrix,
  rows: Int32Array,
  count: number,
  random: Random,
  { matrix }: Compute,
): Representative[] {
  const dim = embeddings.cols;
  const data = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => data.set(embeddings.data.subarray(row * dim, (row + 1) * dim), i * dim));
  const { assignment, squared, k } = kMeans(data, rows.length, dim, count, random, { matrix });
  const nearest = new Int32Array(k).fill(-1);
  const sizes = new Int32Array(k);
  for (let i = 0; i < rows.length; i++) {
    const c = assignment[i] as number;
    sizes[c] = (sizes[c] as number) + 1;
    const held = nearest[c] as number;
    if (held < 0 || (squared[i] as number) < (squared[held] as number)) nearest[c] = i;
  }
  return Array.from(nearest, (i, c) => ({ i, clusterSize: sizes[c] as number }))
    .filter((e) => e.i >= 0)
    .map((e) => ({ row: rows[e.i] as number, clusterSize: e.clusterSize }))
    .sort((a, b) => b.clusterSize - a.clusterSize || a.row - b.row);
}

/**
 * k-means with row weights: k-means++ seeds drawn by weight times squared distance, then weighted Lloyd steps. Returns the
 * member nearest to each centre, distinct, in the order of the clusters' weight.
 */
export function weightedRepresentatives(
  embeddings: Matrix,
  rows: Int32Array,
  weights: Float64Array,
  count: number,
  random: Random,
): Row[] {
  const dim = embeddings.cols;
  const n = rows.length;
  const k = Math.min(count, n);
  const at = (i: number): number => (rows[i] as number) * dim;
  const centres = new Float64Array(k * dim);
  const squared = new Float64Array(n).fill(Infinity);
  const owner = new Int32Array(n);
  const distance = (i: number, c: number): number => {
    let sum = 0;
    for (let d = 0; d < dim; d++)
      sum += ((embeddings.data[at(i) + d] as number) - (centres[c * dim + d] as number)) ** 2;
    return sum;
  };
  const place = (c: number, i: number): void => {
    for (let d = 0; d < dim; d++) centres[c * dim + d] = embeddings.data[at(i) + d] as number;
  };
  for (let c = 0; c < k; c++) {
    const chance = Float64Array.from(squared, (s, i) => (c === 0 ? 1 : s) * ((weights[i] as number) + 1e-12));
    place(c, drawIndex(chance, random));
    for (let i = 0; i < n; i++) squared[i] = Math.min(squared[i] as number, distance(i, c));
  }
  for (let step = 0; step < WEIGHTED_STEPS; step++) {
    for (let i = 0; i < n; i++) {
      let best = 0;
      squared[i] = Infinity;
      for (let c = 0; c < k; c++) {
        const s = distance(i, c);
        if (s < (squared[i] as number)) {
          squared[i] = s;
          best = c;
        }
      }
      owner[i] = best;
    }
    if (step === WEIGHTED_STEPS - 1) break;
    moveCentres(centres, k, dim, n, owner, weights, (i, d) => embeddings.data[at(i) + d] as number);
  }
  const total = new Float64Array(k);
  const nearest = new Int32Array(k).fill(-1);
  for (let i = 0; i < n; i++) {
    const c = owner[i] as number;
    total[c] = (total[c] as number) + (weights[i] as number);
    const held = nearest[c] as number;
    if (held < 0 || (squared[i] as number) < (squared[held] as number)) nearest[c] = i;
  }
  return Array.from({ length: k }, (_, c) => c)
    .filter((c) => (nearest[c] as number) >= 0)
    .sort((a, b) => (total[b] as number) - (total[a] as number) || a - b)
    .map((c) => rows[nearest[c] as number] as Row);
}

function moveCentres(
  centres: Float64Array,
  k: number,
  dim: number,
  n: number,
  owner: Int32Array,
  weights: Float64Array,
  value: (i: number, d: number) => number,
): void {
  const mass = new Float64Array(k);
  const sums = new Float64Array(k * dim);
  for (let i = 0; i < n; i++) {
    const c = owner[i] as number;
    const w = (weights[i] as number) + 1e-12;
    mass[c] = (mass[c] as number) + w;
    for (let d = 0; d < dim; d++) sums[c * dim + d] = (sums[c * dim + d] as number) + w * value(i, d);
  }
  for (let c = 0; c < k; c++) {
    if ((mass[c] as number) === 0) continue;
    for (let d = 0; d < dim; d++) centres[c * dim + d] = (sums[c * dim + d] as number) / (mass[c] as number);
  }
}
