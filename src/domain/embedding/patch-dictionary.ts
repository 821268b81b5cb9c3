import { kMeans } from '../kmeans.ts';
import type { Random } from '../random.ts';
import { plainStationary, type MakeStationary, type StationaryMatrix } from '../stationary-matrix.ts';
import { multiplyTransposed, symmetricEigen, transpose } from './dense.ts';

export const PATCH = 6;
export const PATCH_DIM = PATCH * PATCH * 3;
/** Leading components of whitened patches; the rest is mostly noise. */
export const WHITE_DIM = 40;
const CENTROIDS = 80;
/** Added to a patch's variance (bytes squared), so that noise in flat places is not blown up. */
const CONTRAST_FLOOR = 100;
const WHITENING_FLOOR = 0.1;
const K_MEANS_ITERATIONS = 8;
const SEED_TRIALS = 6;

/** What is learnt of the patches of one scale. */
export interface PatchDictionary {
  /** Row-major [WHITE_DIM, PATCH_DIM]: leading eigenvectors over the square root of their variance. */
  readonly whitening: Float64Array;
  /** The mean patch, whitened; [WHITE_DIM]. */
  readonly offset: Float64Array;
  /** Row-major [centroids, WHITE_DIM]. */
  readonly centroids: Float64Array;
  /** Squared length of each centroid, [centroids]; as many as there were patches when those were few. */
  readonly squaredNorms: Float64Array;
}

/**
 * Whitening and k-means dictionary of contrast-normalised patches (Coates, Lee and Ng 2011). Whitened patches stay in the
 * basis of their leading components: k-means and the activation see distances alone, and ZCA's rotation back to pixels
 * changes none.
 * @param patches row-major [n, PATCH_DIM], as `readPatch` writes them @param make does the products
 */
export function fitDictionary(
  patches: Float64Array,
  n: number,
  random: Random,
  make: MakeStationary = plainStationary,
): PatchDictionary {
  const columns = transpose(patches, n, PATCH_DIM);
  const mean = new Float64Array(PATCH_DIM);
  for (let d = 0; d < PATCH_DIM; d++) {
    const column = columns.subarray(d * n, (d + 1) * n);
    let sum = 0;
    for (const value of column) sum += value;
    mean[d] = sum / n;
    for (let i = 0; i < n; i++) column[i] = (column[i] as number) - sum / n;
  }
  const covariance = new Float64Array(PATCH_DIM * PATCH_DIM);
  multiplyTransposed(columns, columns, PATCH_DIM, PATCH_DIM, n, covariance);
  const { values, vectors } = symmetricEigen(
    covariance.map((sum) => sum / n),
    PATCH_DIM,
  );
  const whitening = new Float64Array(WHITE_DIM * PATCH_DIM);
  for (let k = 0; k < WHITE_DIM; k++) {
    const weight = 1 / Math.sqrt(Math.max(0, values[k] as number) + WHITENING_FLOOR);
    for (let d = 0; d < PATCH_DIM; d++) whitening[k * PATCH_DIM + d] = weight * (vectors[d * PATCH_DIM + k] as number);
  }
  const offset = new Float64Array(WHITE_DIM);
  multiplyTransposed(mean, whitening, 1, WHITE_DIM, PATCH_DIM, offset);
  const white = new Float64Array(n * WHITE_DIM);
  const matrix = make(n, PATCH_DIM);
  matrix.data.set(patches);
  whiten({ whitening, offset }, matrix, white);
  matrix.release();
  const { centres, k } = kMeans(white, n, WHITE_DIM, CENTROIDS, random, {
    iterations: K_MEANS_ITERATIONS,
    trials: SEED_TRIALS,
    matrix: make,
  });
  const squaredNorms = Float64Array.from({ length: k }, (_, c) => squaredNorm(centres, c));
  return { whitening, offset, centroids: centres, squaredNorms };
}

/** Patch positions along one side. */
export function positionsOf(side: number, stride: number): number {
  return Math.floor((side - PATCH) / stride) + 1;
}

/**
 * Sums the triangle activations, max(0, mean distance - distance to the centroid), of all patches in each quadrant.
 * @param rgb one image, 0..255, [side, side, 3]
 * @param out zeros; gets [4, centroids] from `to` on @param make does the products
 */
export function poolActivations(
  dictionary: PatchDictionary,
  rgb: Float32Array,
  side: number,
  stride: number,
  out: Float32Array,
  to: number,
  make: MakeStationary,
): void {
  const { centroids, squaredNorms } = dictionary;
  const k = squaredNorms.length;
  const positions = positionsOf(side, stride);
  const count = positions ** 2;
  const patches = make(count, PATCH_DIM);
  for (let i = 0; i < count; i++) {
    const [x, y] = [(i % positions) * stride, Math.floor(i / positions) * stride];
    readPatch(rgb, side, x, y, patches.data, i * PATCH_DIM);
  }
  const white = make(count, WHITE_DIM);
  whiten(dictionary, patches, white.data);
  const products = new Float32Array(count * k);
  white.dots(centroids, k, products);
  for (let y = 0; y < positions; y++) {
    for (let x = 0; x < positions; x++) {
      const quadrant = (y * 2 >= positions ? 2 : 0) + (x * 2 >= positions ? 1 : 0);
      const own = squaredNorm(white.data, y * positions + x);
      const from = (y * positions + x) * k;
      let mean = 0;
      for (let c = 0; c < k; c++) {
        const distance = Math.sqrt(Math.max(0, own + (squaredNorms[c] as number) - 2 * (products[from + c] as number)));
        products[from + c] = distance;
        mean += distance / k;
      }
      const at = to + quadrant * k;
      for (let c = 0; c < k; c++) {
        const value = mean - (products[from + c] as number);
        if (value > 0) out[at + c] = (out[at + c] as number) + value;
      }
    }
  }
  patches.release();
  white.release();
}

/** Reads a patch of an image [side, side, 3] and normalises its contrast: minus its mean, divided by its spread. */
export function readPatch(
  rgb: Float32Array,
  side: number,
  x: number,
  y: number,
  out: Float32Array | Float64Array,
  to: number,
): void {
  let at = to;
  let sum = 0;
  let squares = 0;
  for (let dy = 0; dy < PATCH; dy++) {
    const from = ((y + dy) * side + x) * 3;
    for (let d = 0; d < PATCH * 3; d++) {
      const value = rgb[from + d] as number;
      out[at++] = value;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / PATCH_DIM;
  const variance = Math.max(0, squares / PATCH_DIM - mean * mean);
  const scale = 1 / Math.sqrt(variance + CONTRAST_FLOOR);
  for (let i = to; i < at; i++) out[i] = ((out[i] as number) - mean) * scale;
}

/** A matrix for `n` patches. */
export function patchMatrix(n: number): Float64Array {
  return new Float64Array(n * PATCH_DIM);
}
/** Where row `i` of that matrix begins. */
export function patchRow(i: number): number {
  return i * PATCH_DIM;
}

/** Whitened patches, [patches, WHITE_DIM]. @param patches [patches, PATCH_DIM] */
function whiten(
  { whitening, offset }: Pick<PatchDictionary, 'whitening' | 'offset'>,
  patches: StationaryMatrix,
  out: Float32Array | Float64Array,
): void {
  patches.dots(whitening, WHITE_DIM, out);
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) - (offset[i % WHITE_DIM] as number);
}

/** Squared length of row `i` of a matrix [*, WHITE_DIM]. */
function squaredNorm(rows: Float32Array | Float64Array, i: number): number {
  let sum = 0;
  for (let k = i * WHITE_DIM; k < (i + 1) * WHITE_DIM; k++) sum += (rows[k] as number) ** 2;
  return sum;
}
