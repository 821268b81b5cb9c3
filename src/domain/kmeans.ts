import type { Random } from './random.ts';

export interface Clustering {
  /** Row-major [k, dim]. */
  readonly centres: Float64Array;
  /** Cluster of each row, [rows]. */
  readonly assignment: Int32Array;
  /** Squared Euclidean distance of each row to its centre, [rows]. */
  readonly squared: Float64Array;
  readonly k: number;
}

/** Dimensions that are summed before a look at the limit. */
const STRETCH = 32;

/**
 * Lloyd's k-means (Lloyd 1982) from k-means++ seeds (Arthur and Vassilvitskii 2007). Plain float64, so the same input
 * and seed give the same clusters on every machine. Ties go to the lower centre; an empty cluster is moved to the row
 * farthest from its centre. k is capped at the number of rows.
 * @param data row-major [rows, dim]
 * @param trials candidates per seed; the one that leaves the rows nearest to a seed is taken. With one, as in the paper, data
 *   with heavy tails gets centres on its outliers.
 */
export function kMeans(
  data: ArrayLike<number>,
  rows: number,
  dim: number,
  wanted: number,
  random: Random,
  iterations = 20,
  trials = 1,
): Clustering {
  const k = Math.min(wanted, rows);
  const centres = seed(data, rows, dim, k, random, trials);
  const assignment = new Int32Array(rows).fill(-1);
  const squared = new Float64Array(rows);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const changed = assign(data, rows, dim, centres, k, assignment, squared);
    if (changed === 0) break;
    update(data, rows, dim, centres, k, assignment, squared);
  }
  assign(data, rows, dim, centres, k, assignment, squared);
  return { centres, assignment, squared, k };
}

function seed(
  data: ArrayLike<number>,
  rows: number,
  dim: number,
  k: number,
  random: Random,
  trials: number,
): Float64Array {
  const centres = new Float64Array(k * dim);
  let nearest = new Float64Array(rows).fill(Infinity);
  for (let c = 0; c < k; c++) {
    let best: { total: number; chosen: number; nearest: Float64Array<ArrayBuffer> } | null = null;
    for (let trial = 0; trial < (c === 0 ? 1 : trials); trial++) {
      const chosen = c === 0 ? random.below(rows) : drawByDistance(nearest, random);
      const own = nearest.slice();
      let total = 0;
      for (let r = 0; r < rows; r++) {
        const distance = squaredDistance(data, r, data, chosen, dim);
        if (distance < (own[r] as number)) own[r] = distance;
        total += own[r] as number;
      }
      if (best === null || total < best.total) best = { total, chosen, nearest: own };
    }
    if (best === null) break;
    nearest = best.nearest;
    for (let d = 0; d < dim; d++) centres[c * dim + d] = data[best.chosen * dim + d] as number;
  }
  return centres;
}

/** A row with probability proportional to its squared distance to the nearest seed. */
function drawByDistance(nearest: Float64Array, random: Random): number {
  let target = random.next() * nearest.reduce((sum, distance) => sum + distance, 0);
  let chosen = 0;
  for (let r = 0; r < nearest.length; r++) {
    target -= nearest[r] as number;
    if ((nearest[r] as number) > 0) chosen = r;
    if (target < 0) break;
  }
  return chosen;
}

function assign(
  data: ArrayLike<number>,
  rows: number,
  dim: number,
  centres: Float64Array,
  k: number,
  assignment: Int32Array,
  squared: Float64Array,
): number {
  let changed = 0;
  for (let r = 0; r < rows; r++) {
    // The cluster of the last step is mostly still the nearest: measured first, it cuts the others short.
    const own = assignment[r] as number;
    let best = Math.max(0, own);
    let bestDistance = own < 0 ? Infinity : squaredDistance(data, r, centres, own, dim);
    for (let c = 0; c < k; c++) {
      const distance = squaredDistance(data, r, centres, c, dim, bestDistance);
      if (distance < bestDistance || (distance === bestDistance && c < best)) {
        bestDistance = distance;
        best = c;
      }
    }
    if (assignment[r] !== best) changed++;
    assignment[r] = best;
    squared[r] = bestDistance;
  }
  return changed;
}

function update(
  data: ArrayLike<number>,
  rows: number,
  dim: number,
  centres: Float64Array,
  k: number,
  assignment: Int32Array,
  squared: Float64Array,
): void {
  const counts = new Int32Array(k);
  centres.fill(0);
  for (let r = 0; r < rows; r++) {
    const c = assignment[r] as number;
    counts[c] = (counts[c] as number) + 1;
    for (let d = 0; d < dim; d++)
      centres[c * dim + d] = (centres[c * dim + d] as number) + (data[r * dim + d] as number);
  }
  for (let c = 0; c < k; c++) {
    const n = counts[c] as number;
    if (n > 0) {
      for (let d = 0; d < dim; d++) centres[c * dim + d] = (centres[c * dim + d] as number) / n;
      continue;
    }
    let far = 0;
    for (let r = 1; r < rows; r++) if ((squared[r] as number) > (squared[far] as number)) far = r;
    squared[far] = 0;
    for (let d = 0; d < dim; d++) centres[c * dim + d] = data[far * dim + d] as number;
  }
}

/** Squared distance, or some number above `limit` as soon as it is known to exceed that. */
function squaredDistance(
  data: ArrayLike<number>,
  row: number,
  centres: ArrayLike<number>,
  c: number,
  dim: number,
  limit = Infinity,
): number {
  let sum = 0;
  const a = row * dim;
  const b = c * dim;
  for (let start = 0; start < dim && sum <= limit; start += STRETCH) {
    const end = Math.min(dim, start + STRETCH);
    for (let d = start; d < end; d++) {
      const delta = (data[a + d] as number) - (centres[b + d] as number);
      sum += delta * delta;
    }
  }
  return sum;
}
