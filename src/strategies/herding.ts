import type { Row } from '../domain/ids.ts';
import type { Random } from '../domain/random.ts';
import { gatherRows } from './distances.ts';
import type { Compute, Matrix, PoolView } from './strategy.ts';

/** Candidates times references: the kernel is float32, so 64 MB. */
const MOST_KERNEL_VALUES = 1.6e7;
/** Candidates times references times dimensions: half a second on one WASM core. */
const MOST_PRODUCTS = 4e9;
const MOST_REFERENCES = 10_000;
/** Rows whose distances to the references are looked at to choose the first radius. */
const RADIUS_SAMPLE = 256;
/** Classes that are assumed where none are named. */
const ASSUMED_CLASSES = 10;
/**
 * Gains closer than this share are a tie. Two items that are each other's neighbours gain the same; products that round
 * differently, enlarged by a narrow kernel, must not decide between them.
 */
const TIE = 1e-5;
const SMALLEST_RADIUS = 1e-3;
/** Reported gains keep this many digits: as many as every backend agrees on. */
const DIGITS = 5;

export interface HerdingPick {
  readonly row: Row;
  /** Weighted coverage that the pick adds, summed over the references. */
  readonly gain: number;
  /** Share of the coverage still missing before the pick that it adds, 0..1. */
  readonly share: number;
}

/** How many candidates and references fit the budget; references come first, candidates are at least `least`. */
export function herdingSizes(pool: number, dim: number, least: number): { candidates: number; references: number } {
  const references = Math.min(pool, MOST_REFERENCES, Math.floor(MOST_KERNEL_VALUES / Math.max(1, least)));
  const byProducts = Math.floor(MOST_PRODUCTS / Math.max(1, references * dim));
  const byMemory = Math.floor(MOST_KERNEL_VALUES / Math.max(1, references));
  return { references, candidates: Math.min(pool, Math.max(least, Math.min(byProducts, byMemory))) };
}

/** `count` of the rows, uniformly at random, ascending; all of them when there are not more. */
export function sampleRows(rows: Int32Array, count: number, random: Random): Int32Array {
  if (rows.length <= count) return rows;
  return random.shuffle(Int32Array.from(rows)).slice(0, count).sort();
}

/** Rows centred on their mean and scaled to unit length, float32 [rows, dim]. */
export function centredRows(embeddings: Matrix, rows: Int32Array, mean: Float64Array): Matrix {
  const dim = embeddings.cols;
  const data = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * dim;
    let norm = 0;
    for (let d = 0; d < dim; d++) {
      const value = (embeddings.data[from + d] as number) - (mean[d] as number);
      data[i * dim + d] = value;
      norm += value * value;
    }
    const scale = norm > 1e-18 ? 1 / Math.sqrt(norm) : 0;
    for (let d = 0; d < dim; d++) data[i * dim + d] = (data[i * dim + d] as number) * scale;
  }
  return { data, rows: rows.length, cols: dim };
}

/** Rows that cover what is like them: the labelled ones, and those that will be when the batch is done. */
export function coveringRows({ labelledRows, batchRows }: Pick<PoolView, 'labelledRows' | 'batchRows'>): Int32Array {
  return batchRows?.length ? Int32Array.from([...labelledRows, ...batchRows]) : labelledRows;
}

/** Mean of some rows, [dim]. */
export function meanOf(embeddings: Matrix, rows: Int32Array): Float64Array {
  const dim = embeddings.cols;
  const mean = new Float64Array(dim);
  for (const row of rows) {
    for (let d = 0; d < dim; d++) mean[d] = (mean[d] as number) + (embeddings.data[row * dim + d] as number);
  }
  return mean.map((sum) => sum / Math.max(1, rows.length));
}

export interface HerdingSpace {
  /** Unit rows that may be picked, with the project row of each. */
  readonly candidates: Matrix;
  readonly rows: Int32Array;
  /** Unit rows whose coverage counts, and the weight of each. */
  readonly references: Matrix;
  readonly weights: Float64Array;
  /** Unit rows that cover already. */
  readonly covering: Matrix;
  /** Squared width of the Gaussian kernel exp(-|x - y|^2 / sigma^2). */
  readonly sigmaSquared: number;
}

/**
 * Picks `count` candidates that add most weighted kernel coverage sum_x w(x) max_s k(x, s), one after another. Coverage
 * is monotone submodular, so a gain never grows and only the leaders need to be computed again (Minoux 1978, Accelerated
 * greedy algorithms); the picks equal those of the plain greedy method. Ties go to the lower row.
 */
export async function herd(space: HerdingSpace, count: number, compute: Compute): Promise<HerdingPick[]> {
  const { candidates, references, weights, rows } = space;
  const width = references.rows;
  const kernel = await gaussian(candidates, references, space.sigmaSquared, compute);
  const covered = await coverage(space, compute);
  const bounds = new Float64Array(candidates.rows);
  const gainOf = (i: number): number => {
    let sum = 0;
    const from = i * width;
    for (let j = 0; j < width; j++) {
      const more = (kernel[from + j] as number) - (covered[j] as number);
      if (more > 0) sum += more * (weights[j] as number);
    }
    return sum;
  };
  for (let i = 0; i < bounds.length; i++) bounds[i] = gainOf(i);
  const freshAt = new Int32Array(bounds.length);
  const picks: HerdingPick[] = [];
  let missing = 0;
  for (let j = 0; j < width; j++) missing += (1 - (covered[j] as number)) * (weights[j] as number);
  while (picks.length < Math.min(count, candidates.rows)) {
    let best = highest(bounds, rows);
    while (freshAt[best] !== picks.length) {
      bounds[best] = gainOf(best);
      freshAt[best] = picks.length;
      best = highest(bounds, rows);
    }
    const gain = bounds[best] as number;
    picks.push({
      row: rows[best] as number,
      gain: Number(gain.toPrecision(DIGITS)),
      share: missing > 0 ? Math.min(1, gain / missing) : 0,
    });
    missing -= gain;
    bounds[best] = -1;
    freshAt[best] = count;
    for (let j = 0; j < width; j++) {
      const k = kernel[best * width + j] as number;
      if (k > (covered[j] as number)) covered[j] = k;
    }
  }
  return picks;
}

/**
 * Squared radius while nothing is labelled: the median over some references of the squared distance to the neighbour
 * that has one n-th of the pool within reach, n being twice the number of classes.
 */
export async function poolRadius(
  references: Matrix,
  classes = ASSUMED_CLASSES,
  random: Random,
  compute: Compute,
): Promise<number> {
  const rows = sampleRows(
    Int32Array.from({ length: references.rows }, (_, i) => i),
    RADIUS_SAMPLE,
    random,
  );
  const width = references.rows;
  if (width < 2) return 1;
  const products = await compute.dotProducts(gatherRows(references, rows), references);
  const neighbour = Math.max(1, Math.floor(width / (2 * Math.max(2, classes))));
  const radii = Float64Array.from(rows, (_, i) => {
    const sorted = products.slice(i * width, (i + 1) * width).sort();
    return 2 - 2 * (sorted[Math.max(0, width - 1 - neighbour)] as number);
  });
  return Math.max(SMALLEST_RADIUS, median(radii));
}

/**
 * Squared radius once items are labelled: the median squared distance from a labelled row to the nearest other one. The
 * minimum, which the paper takes, collapses as soon as two labelled items are near-duplicates. Null under two rows.
 */
export async function labelledRadius(labelled: Matrix, compute: Compute): Promise<number | null> {
  const n = labelled.rows;
  if (n < 2) return null;
  const nearest = new Float64Array(n);
  const block = Math.max(1, Math.floor(MOST_KERNEL_VALUES / n));
  for (let start = 0; start < n; start += block) {
    const own = { data: labelled.data.subarray(start * labelled.cols, (start + block) * labelled.cols) };
    const rows = Math.min(block, n - start);
    const products = await compute.dotProducts({ ...own, rows, cols: labelled.cols }, labelled);
    for (let i = 0; i < rows; i++) {
      let best = -1;
      for (let j = 0; j < n; j++) if (j !== start + i) best = Math.max(best, products[i * n + j] as number);
      nearest[start + i] = 2 - 2 * best;
    }
  }
  return Math.max(SMALLEST_RADIUS, median(nearest));
}

function median(values: Float64Array): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** exp(-|a - b|^2 / sigma^2) for unit rows (a zero row is as far as an orthogonal one), row-major [a, b]. */
async function gaussian(a: Matrix, b: Matrix, sigmaSquared: number, compute: Compute): Promise<Float32Array> {
  const out = await compute.dotProducts(a, b);
  const factor = 2 / sigmaSquared;
  for (let i = 0; i < out.length; i++) out[i] = Math.exp((Math.min(1, out[i] as number) - 1) * factor);
  return out;
}

/** max over the rows that cover already of the kernel to each reference, [references]. */
async function coverage({ covering, references, sigmaSquared }: HerdingSpace, compute: Compute): Promise<Float32Array> {
  const covered = new Float32Array(references.rows);
  const block = Math.max(1, Math.floor(MOST_KERNEL_VALUES / Math.max(1, references.rows)));
  for (let start = 0; start < covering.rows; start += block) {
    const count = Math.min(block, covering.rows - start);
    const data = covering.data.subarray(start * covering.cols, (start + count) * covering.cols);
    const kernel = await gaussian({ data, rows: count, cols: covering.cols }, references, sigmaSquared, compute);
    for (let i = 0; i < kernel.length; i++) {
      const j = i % references.rows;
      if ((kernel[i] as number) > (covered[j] as number)) covered[j] = kernel[i] as number;
    }
  }
  return covered;
}

function highest(bounds: Float64Array, rows: Int32Array): number {
  let best = 0;
  for (let i = 1; i < bounds.length; i++) {
    const lead = (bounds[i] as number) - (bounds[best] as number);
    const slack = TIE * Math.abs(bounds[best] as number);
    if (lead > slack || (Math.abs(lead) <= slack && (rows[i] as number) < (rows[best] as number))) best = i;
  }
  return best;
}
