import { drawIndex, type Random } from './random.ts';
import type { MakeStationary, StationaryMatrix } from './stationary-matrix.ts';

export interface Clustering {
  /** Row-major [k, dim]. */
  readonly centres: Float64Array;
  /** Cluster of each row, [rows]. */
  readonly assignment: Int32Array;
  /** Squared Euclidean distance of each row to its centre, [rows]. */
  readonly squared: Float64Array;
  readonly k: number;
}

export interface KMeansOptions {
  /** Default 20. */
  readonly iterations?: number;
  /**
   * Candidates per seed; the one that leaves the rows nearest to a seed is taken. Default 1, as in the paper: data with
   * heavy tails then gets centres on its outliers.
   */
  readonly trials?: number;
  /** How much each row counts, [rows], not negative; all the same when absent. */
  readonly weights?: Float64Array | undefined;
  /** Does products, where it is quicker than plain loops. The clusters are the same with and without. */
  readonly matrix?: MakeStationary | null;
}

/** Dimensions that are summed before a look at the limit. */
const STRETCH = 32;
/** One rounding of a float32 product or sum. */
const ROUNDING = 2 ** -24;
/** Rows that do not count at all would leave nothing to draw from. */
const LEAST_WEIGHT = 1e-12;

/**
 * Lloyd's k-means (Lloyd 1982) from k-means++ seeds (Arthur and Vassilvitskii 2007). The same input and seed give the
 * same clusters on every machine: products, if any, only say which centres are out of reach, float64 distances decide.
 * Ties go to the lower centre; an empty cluster is moved to the row farthest from its centre. k is capped at the rows.
 * @param values row-major [rows, dim]
 */
export function kMeans(
  values: ArrayLike<number>,
  rows: number,
  dim: number,
  wanted: number,
  random: Random,
  { iterations = 20, trials = 1, weights, matrix }: KMeansOptions = {},
): Clustering {
  const k = Math.min(wanted, rows);
  const data = values instanceof Float64Array ? values : new Float64Array(values);
  const space = new Space(data, rows, dim, matrix);
  const masses = weights?.map((w) => w + LEAST_WEIGHT) ?? null;
  const centres = seed(space, k, random, trials, masses);
  const assignment = new Int32Array(rows).fill(-1);
  const squared = new Float64Array(rows);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const changed = space.assign(centres, k, assignment, squared);
    if (changed === 0) break;
    update(data, rows, dim, centres, k, assignment, squared, masses);
  }
  space.assign(centres, k, assignment, squared);
  space.release();
  return { centres, assignment, squared, k };
}

/** The rows, and distances from them to points. */
class Space {
  readonly data: Float64Array;
  readonly rows: number;
  readonly dim: number;
  readonly #matrix: StationaryMatrix | null;
  readonly #norms: Float64Array;
  #products = new Float32Array();

  constructor(data: Float64Array, rows: number, dim: number, make: MakeStationary | null | undefined) {
    this.data = data;
    this.rows = rows;
    this.dim = dim;
    this.#matrix = make?.(rows, dim) ?? null;
    this.#matrix?.data.set(data);
    this.#norms = squaredNorms(data, rows, dim);
  }

  release(): void {
    this.#matrix?.release();
  }

  /** Gives each row its nearest centre and the squared distance to it; returns how many rows changed. */
  assign(centres: Float64Array, k: number, assignment: Int32Array, squared: Float64Array): number {
    const { data, rows, dim } = this;
    const products = this.#multiply(centres, k);
    const norms = squaredNorms(centres, k, dim);
    const largest = norms.reduce((a, b) => Math.max(a, b), 0);
    let changed = 0;
    for (let r = 0; r < rows; r++) {
      const from = r * k;
      let reach = Infinity;
      if (products) {
        for (let c = 0; c < k; c++) reach = Math.min(reach, (norms[c] as number) - 2 * (products[from + c] as number));
        reach += 2 * this.#slack(r, largest);
      }
      // The cluster of the last step is mostly still the nearest: measured first, it cuts the others short.
      const own = assignment[r] as number;
      let best = Math.max(0, own);
      let bestDistance = own < 0 ? Infinity : squaredDistance(data, r, centres, own, dim);
      for (let c = 0; c < k; c++) {
        if (products && (norms[c] as number) - 2 * (products[from + c] as number) > reach) continue;
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

  /** Lowers `nearest` to the squared distance to row `chosen` where that is less, in float64 where it may be. */
  lower(nearest: Float64Array, chosen: number): number {
    const { data, rows, dim } = this;
    const products = this.#multiply(data.subarray(chosen * dim, (chosen + 1) * dim), 1);
    const norm = this.#norms[chosen] as number;
    let total = 0;
    for (let r = 0; r < rows; r++) {
      const held = nearest[r] as number;
      const rough = products ? norm + (this.#norms[r] as number) - 2 * (products[r] as number) : 0;
      if (rough - this.#slack(r, norm) < held) {
        const distance = squaredDistance(data, r, data, chosen, dim, held);
        if (distance < held) nearest[r] = distance;
      }
      total += nearest[r] as number;
    }
    return total;
  }

  #multiply(points: Float64Array, count: number): Float32Array | null {
    if (!this.#matrix) return null;
    if (this.#products.length < this.rows * count) this.#products = new Float32Array(this.rows * count);
    this.#matrix.dots(points, count, this.#products);
    return this.#products;
  }

  /** By how much rounding may change twice the product of a row with a point of squared norm `norm`. */
  #slack(row: number, norm: number): number {
    return (this.dim + 4) * ROUNDING * ((this.#norms[row] as number) + norm);
  }
}

/** @param masses weights of the rows above zero; null = all 1 */
function seed(space: Space, k: number, random: Random, trials: number, masses: Float64Array | null): Float64Array {
  const { data, rows, dim } = space;
  const centres = new Float64Array(k * dim);
  const weighted = (squared: Float64Array): Float64Array =>
    masses ? squared.map((s, r) => s * (masses[r] as number)) : squared;
  let nearest = new Float64Array(rows).fill(Infinity);
  for (let c = 0; c < k; c++) {
    let best: { total: number; chosen: number; nearest: Float64Array<ArrayBuffer> } | null = null;
    for (let trial = 0; trial < (c === 0 ? 1 : trials); trial++) {
      const first = (): number => (masses ? drawIndex(masses, random) : random.below(rows));
      const chosen = c === 0 ? first() : drawIndex(weighted(nearest), random);
      const own = nearest.slice();
      const sum = space.lower(own, chosen);
      const total = masses ? weighted(own).reduce((a, b) => a + b, 0) : sum;
      if (best === null || total < best.total) best = { total, chosen, nearest: own };
    }
    if (best === null) break;
    nearest = best.nearest;
    centres.set(data.subarray(best.chosen * dim, (best.chosen + 1) * dim), c * dim);
  }
  return centres;
}

function update(
  data: Float64Array,
  rows: number,
  dim: number,
  centres: Float64Array,
  k: number,
  assignment: Int32Array,
  squared: Float64Array,
  masses: Float64Array | null,
): void {
  const counts = new Float64Array(k);
  centres.fill(0);
  for (let r = 0; r < rows; r++) {
    const c = assignment[r] as number;
    const mass = masses ? (masses[r] as number) : 1;
    counts[c] = (counts[c] as number) + mass;
    for (let d = 0; d < dim; d++)
      centres[c * dim + d] = (centres[c * dim + d] as number) + mass * (data[r * dim + d] as number);
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
  data: Float64Array,
  row: number,
  points: Float64Array,
  point: number,
  dim: number,
  limit = Infinity,
): number {
  let sum = 0;
  for (let start = 0; start < dim && sum <= limit; start += STRETCH) {
    const length = Math.min(STRETCH, dim - start);
    sum += squaredPart(data, row * dim + start, points, point * dim + start, length);
  }
  return sum;
}

/** Four sums that do not wait for each other. */
function squaredPart(x: Float64Array, a: number, y: Float64Array, b: number, length: number): number {
  const whole = length & ~3;
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let d = 0; d < whole; d += 4) {
    const d0 = (x[a + d] as number) - (y[b + d] as number);
    const d1 = (x[a + d + 1] as number) - (y[b + d + 1] as number);
    const d2 = (x[a + d + 2] as number) - (y[b + d + 2] as number);
    const d3 = (x[a + d + 3] as number) - (y[b + d + 3] as number);
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (let d = whole; d < length; d++) s0 += ((x[a + d] as number) - (y[b + d] as number)) ** 2;
  return s0 + s1 + (s2 + s3);
}

function squaredNorms(data: Float64Array, rows: number, dim: number): Float64Array {
  const norms = new Float64Array(rows);
  for (let at = 0; at < data.length; at++) {
    const row = Math.floor(at / dim);
    norms[row] = (norms[row] as number) + (data[at] as number) ** 2;
  }
  return norms;
}
