import { kMeans } from '../kmeans.ts';
import { seededRandom } from '../random.ts';
import { symmetricEigen } from './dense.ts';
import { colourStatistics, COLOUR_FEATURES } from './colour-statistics.ts';
import { fitPrincipalAxes, projectRows, type PrincipalAxes } from './principal-axes.ts';

/**
 * Single-layer patch features (Coates, Lee and Ng 2011): contrast-normalised, whitened 6x6 RGB patches, a k-means
 * dictionary learnt on the pool, triangle activation and quadrant pooling; together with colour statistics, then
 * principal axes. Whitened patches are kept in the basis of their leading components: k-means and the activation only see
 * distances, which ZCA's rotation back to pixels does not change. Images come in as SIDE x SIDE RGBA bytes.
 */
export const SIDE = 64;
const PATCH = 6;
const STRIDE = 2;
const PATCH_DIM = PATCH * PATCH * 3;
/** Leading components of whitened patches; the rest is mostly noise. */
const WHITE_DIM = 32;
const CENTROIDS = 100;
const POSITIONS = Math.floor((SIDE - PATCH) / STRIDE) + 1;
const FEATURES = 4 * CENTROIDS + COLOUR_FEATURES;
const PATCHES_TO_LEARN = 20_000;
const CONTRAST_FLOOR = 100;
const WHITENING_FLOOR = 0.1;
/** Colour statistics are far fewer than activations; this weight lets them be heard. */
const COLOUR_WEIGHT = 5;
const SEED = 20_110;
export const IMAGE_BYTES = SIDE * SIDE * 4;

export interface PatchModel {
  readonly patchMean: Float32Array;
  /** Row-major [WHITE_DIM, CENTROIDS]. */
  readonly dictionary: Float32Array;
  /** Squared length of each whitened centroid. */
  readonly squaredNorms: Float32Array;
  /** Row-major [PATCH_DIM, WHITE_DIM]. */
  readonly whitening: Float32Array;
  readonly axes: PrincipalAxes;
}

/** Learns dictionary and axes from a sample of the pool. @param images RGBA bytes, [count, SIDE, SIDE, 4] */
export function fitPatchModel(images: Uint8Array, count: number, onProgress: (share: number) => void): PatchModel {
  const random = seededRandom(SEED);
  const wanted = Math.min(PATCHES_TO_LEARN, count * 60);
  const patches = new Float32Array(wanted * PATCH_DIM);
  for (let i = 0; i < wanted; i++) {
    const image = random.below(count);
    const x = random.below(SIDE - PATCH + 1);
    const y = random.below(SIDE - PATCH + 1);
    readPatch(images, image, x, y, patches, i * PATCH_DIM);
  }
  const { mean, whitening } = fitWhitening(patches, wanted);
  const whitened = whiten(patches, wanted, mean, whitening);
  onProgress(0.1);
  const k = Math.min(CENTROIDS, wanted);
  const { centres } = kMeans(whitened, wanted, WHITE_DIM, k, random, 8);
  onProgress(0.5);
  const dictionary = new Float32Array(WHITE_DIM * CENTROIDS);
  const squaredNorms = new Float32Array(CENTROIDS).fill(1e6);
  for (let c = 0; c < k; c++) {
    let norm = 0;
    for (let d = 0; d < WHITE_DIM; d++) {
      const value = centres[c * WHITE_DIM + d] as number;
      dictionary[d * CENTROIDS + c] = value;
      norm += value * value;
    }
    squaredNorms[c] = norm;
  }
  const partial = { patchMean: mean, dictionary, squaredNorms, whitening };
  const features = patchFeatures(partial, images, count, (share) => onProgress(0.5 + 0.4 * share));
  const weights = Float32Array.from({ length: FEATURES }, (_, f) => (f < 4 * CENTROIDS ? 1 : COLOUR_WEIGHT));
  const axes = fitPrincipalAxes(features, count, weights);
  onProgress(1);
  return { ...partial, axes };
}

/** Embeds images with a learnt model: row-major [count, dim], unit length. */
export function embedPatches(model: PatchModel, images: Uint8Array, count: number): Float32Array {
  const features = patchFeatures(model, images, count, () => undefined);
  return projectRows(model.axes, features, count);
}

/** Pooled activations and colour statistics, row-major [count, FEATURES]. */
function patchFeatures(
  model: Omit<PatchModel, 'axes'>,
  images: Uint8Array,
  count: number,
  onProgress: (share: number) => void,
): Float32Array {
  const out = new Float32Array(count * FEATURES);
  const patch = new Float32Array(POSITIONS * POSITIONS * PATCH_DIM);
  const distance = new Float32Array(CENTROIDS);
  for (let image = 0; image < count; image++) {
    let at = 0;
    for (let y = 0; y < POSITIONS; y++) {
      for (let x = 0; x < POSITIONS; x++) {
        readPatch(images, image, x * STRIDE, y * STRIDE, patch, at);
        at += PATCH_DIM;
      }
    }
    const white = whiten(patch, POSITIONS * POSITIONS, model.patchMean, model.whitening);
    const base = image * FEATURES;
    for (let y = 0; y < POSITIONS; y++) {
      for (let x = 0; x < POSITIONS; x++) {
        const quadrant = (y * 2 >= POSITIONS ? 2 : 0) + (x * 2 >= POSITIONS ? 1 : 0);
        activate(model, white, (y * POSITIONS + x) * WHITE_DIM, distance, out, base + quadrant * CENTROIDS);
      }
    }
    // Square roots even out the heavy tail of summed activations (power normalisation, Perronnin et al. 2010).
    for (let f = base; f < base + 4 * CENTROIDS; f++) out[f] = Math.sqrt(out[f] as number);
    colourStatistics(images, image, SIDE, out, base + 4 * CENTROIDS);
    if (image % 64 === 0) onProgress(image / count);
  }
  return out;
}

/** Triangle activation: max(0, mean distance - distance to the centroid), added to `out` from `to` on. */
function activate(
  model: Omit<PatchModel, 'axes'>,
  white: Float32Array,
  from: number,
  distance: Float32Array,
  out: Float32Array,
  to: number,
): void {
  const { dictionary, squaredNorms } = model;
  let own = 0;
  distance.fill(0);
  for (let d = 0; d < WHITE_DIM; d++) {
    const value = white[from + d] as number;
    own += value * value;
    const row = d * CENTROIDS;
    for (let c = 0; c < CENTROIDS; c++) distance[c] = (distance[c] as number) + value * (dictionary[row + c] as number);
  }
  let mean = 0;
  for (let c = 0; c < CENTROIDS; c++) {
    const squared = own + (squaredNorms[c] as number) - 2 * (distance[c] as number);
    const d = Math.sqrt(Math.max(0, squared));
    distance[c] = d;
    mean += d / CENTROIDS;
  }
  for (let c = 0; c < CENTROIDS; c++) {
    const value = mean - (distance[c] as number);
    if (value > 0) out[to + c] = (out[to + c] as number) + value;
  }
}

/** Reads a patch and normalises its contrast: minus its mean, divided by its spread. */
function readPatch(images: Uint8Array, image: number, x: number, y: number, out: Float32Array, to: number): void {
  const base = image * IMAGE_BYTES;
  let at = to;
  let sum = 0;
  for (let dy = 0; dy < PATCH; dy++) {
    for (let dx = 0; dx < PATCH; dx++) {
      const from = base + ((y + dy) * SIDE + x + dx) * 4;
      for (let c = 0; c < 3; c++) {
        const value = images[from + c] as number;
        out[at++] = value;
        sum += value;
      }
    }
  }
  const mean = sum / PATCH_DIM;
  let variance = 0;
  for (let i = to; i < at; i++) variance += ((out[i] as number) - mean) ** 2;
  const scale = 1 / Math.sqrt(variance / PATCH_DIM + CONTRAST_FLOOR);
  for (let i = to; i < at; i++) out[i] = ((out[i] as number) - mean) * scale;
}

/** Mean of patches [n, PATCH_DIM] and the matrix [PATCH_DIM, WHITE_DIM] that whitens them. */
function fitWhitening(patches: Float32Array, n: number): { mean: Float32Array; whitening: Float32Array } {
  const mean = new Float64Array(PATCH_DIM);
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < PATCH_DIM; d++) mean[d] = (mean[d] as number) + (patches[i * PATCH_DIM + d] as number) / n;
  }
  const covariance = new Float64Array(PATCH_DIM * PATCH_DIM);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < PATCH_DIM; a++) {
      const x = ((patches[i * PATCH_DIM + a] as number) - (mean[a] as number)) / n;
      for (let b = 0; b <= a; b++) {
        covariance[a * PATCH_DIM + b] =
          (covariance[a * PATCH_DIM + b] as number) +
          x * ((patches[i * PATCH_DIM + b] as number) - (mean[b] as number));
      }
    }
  }
  for (let a = 0; a < PATCH_DIM; a++) {
    for (let b = 0; b < a; b++) covariance[b * PATCH_DIM + a] = covariance[a * PATCH_DIM + b] as number;
  }
  const { values, vectors } = symmetricEigen(covariance, PATCH_DIM);
  const whitening = new Float32Array(PATCH_DIM * WHITE_DIM);
  for (let k = 0; k < WHITE_DIM; k++) {
    const weight = 1 / Math.sqrt(Math.max(0, values[k] as number) + WHITENING_FLOOR);
    for (let a = 0; a < PATCH_DIM; a++) whitening[a * WHITE_DIM + k] = weight * (vectors[a * PATCH_DIM + k] as number);
  }
  return { mean: Float32Array.from(mean), whitening };
}

/** (patches - mean) times the whitening, [n, WHITE_DIM]. */
function whiten(patches: Float32Array, n: number, mean: Float32Array, whitening: Float32Array): Float32Array {
  const out = new Float32Array(n * WHITE_DIM);
  for (let i = 0; i < n; i++) {
    const row = i * PATCH_DIM;
    const to = i * WHITE_DIM;
    for (let a = 0; a < PATCH_DIM; a++) {
      const x = (patches[row + a] as number) - (mean[a] as number);
      const from = a * WHITE_DIM;
      for (let b = 0; b < WHITE_DIM; b++) out[to + b] = (out[to + b] as number) + x * (whitening[from + b] as number);
    }
  }
  return out;
}
