import { plainStationary, type MakeStationary } from '../stationary-matrix.ts';
import { seededRandom, type Random } from '../random.ts';
import { COLOUR_BINS, COLOUR_MOMENTS, colourStatistics } from './colour-statistics.ts';
import {
  fitDictionary,
  PATCH,
  patchMatrix,
  patchRow,
  poolActivations,
  readPatch,
  type PatchDictionary,
} from './patch-dictionary.ts';
import { fitPrincipalAxes, projectRows, type FeatureBlock, type PrincipalAxes } from './principal-axes.ts';

/**
 * Single-layer patch features (Coates, Lee and Ng 2011) at three scales: contrast-normalised, whitened 6x6 RGB patches, a
 * k-means dictionary per scale learnt on the pool, triangle activation and quadrant pooling; together with colour
 * statistics, then principal axes. Images come in as SIDE x SIDE RGBA bytes.
 */
export const SIDE = 64;
export const IMAGE_BYTES = SIDE * SIDE * 4;
/** Side of the image at each scale and the distance between its patches, in its pixels. */
export const SCALES = [
  { side: SIDE, stride: 2 },
  { side: SIDE / 2, stride: 1 },
  { side: SIDE / 4, stride: 1 },
] as const;
const PATCHES_TO_LEARN = 20_000;
const PATCHES_PER_IMAGE = 60;
const SEED = 20_110;

export interface PatchModel {
  /** One for each scale. */
  readonly dictionaries: readonly PatchDictionary[];
  readonly axes: PrincipalAxes;
}

/** Learns dictionaries and axes from a sample of the pool. @param images RGBA bytes, [count, SIDE, SIDE, 4] @param make does the products */
export function fitPatchModel(
  images: Uint8Array,
  count: number,
  onProgress: (share: number) => void,
  make: MakeStationary = plainStationary,
): PatchModel {
  const random = seededRandom(SEED);
  const dictionaries = SCALES.map((_, scale) => {
    const own = random.fork(`scale ${scale}`);
    const n = Math.min(PATCHES_TO_LEARN, count * PATCHES_PER_IMAGE);
    const dictionary = fitDictionary(samplePatches(images, count, scale, n, own), n, own, make);
    onProgress(0.15 * (scale + 1));
    return dictionary;
  });
  const features = patchFeatures(dictionaries, images, count, make, (share) => onProgress(0.45 + 0.4 * share));
  const axes = fitPrincipalAxes(features, count, blocksOf(dictionaries));
  onProgress(1);
  return { dictionaries, axes };
}

/** Embeds images with a learnt model: row-major [count, dim], unit length. @param make does the products: the same bits from every kind */
export function embedPatches(
  model: PatchModel,
  images: Uint8Array,
  count: number,
  make: MakeStationary = plainStationary,
): Float32Array {
  const features = patchFeatures(model.dictionaries, images, count, make);
  return projectRows(model.axes, features, count);
}

/** Activations of every scale, moments and histogram weigh the same as a whole, however many numbers each has. */
export function blocksOf(dictionaries: readonly PatchDictionary[]): FeatureBlock[] {
  return [
    ...dictionaries.map((d) => ({ size: 4 * d.squaredNorms.length, isStandardised: true })),
    { size: COLOUR_MOMENTS, isStandardised: true },
    // A rare colour's bin hardly varies: standardised on its own it would shout.
    { size: COLOUR_BINS, isStandardised: false },
  ];
}

/** Patches of one scale at random places, as many from each image, row-major. */
function samplePatches(images: Uint8Array, count: number, scale: number, n: number, random: Random): Float64Array {
  const patches = patchMatrix(n);
  let at = 0;
  for (let image = 0; image < count; image++) {
    const { rgb, side } = pyramid(images, image)[scale] as Level;
    for (const end = Math.floor(((image + 1) * n) / count); at < end; at++) {
      const x = random.below(side - PATCH + 1);
      const y = random.below(side - PATCH + 1);
      readPatch(rgb, side, x, y, patches, patchRow(at));
    }
  }
  return patches;
}

/** Pooled activations and colour statistics, row-major [count, features]. */
function patchFeatures(
  dictionaries: readonly PatchDictionary[],
  images: Uint8Array,
  count: number,
  make: MakeStationary,
  onProgress: (share: number) => void = () => undefined,
): Float32Array {
  const width = blocksOf(dictionaries).reduce((sum, block) => sum + block.size, 0);
  const out = new Float32Array(count * width);
  for (let image = 0; image < count; image++) {
    const levels = pyramid(images, image);
    const base = image * width;
    let at = base;
    dictionaries.forEach((dictionary, scale) => {
      const { rgb, side, stride } = levels[scale] as Level;
      poolActivations(dictionary, rgb, side, stride, out, at, make);
      at += 4 * dictionary.squaredNorms.length;
    });
    // Square roots even out the heavy tail of summed activations (power normalisation, Perronnin et al. 2010).
    for (let f = base; f < at; f++) out[f] = Math.sqrt(out[f] as number);
    colourStatistics(images, image, SIDE, out, at);
    if (image % 64 === 0) onProgress(image / count);
  }
  return out;
}

interface Level {
  /** 0..255, [side, side, 3]. */
  readonly rgb: Float32Array;
  readonly side: number;
  readonly stride: number;
}

/** One image at every scale; each is the one before, averaged over 2x2 pixels. */
function pyramid(images: Uint8Array, image: number): Level[] {
  const pixels = SIDE * SIDE;
  let rgb = new Float32Array(pixels * 3);
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < 3; c++) rgb[p * 3 + c] = images[image * IMAGE_BYTES + p * 4 + c] as number;
  }
  return SCALES.map(({ side, stride }, scale) => {
    if (scale > 0) rgb = halve(rgb, side);
    return { rgb, side, stride };
  });
}

/** Means of 2x2 pixels: [2 side, 2 side, 3] to [side, side, 3]. */
function halve(rgb: Float32Array, side: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(side * side * 3);
  const row = 2 * side * 3;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < 3; c++) {
        const from = 2 * y * row + 2 * x * 3 + c;
        const sum =
          (rgb[from] as number) +
          (rgb[from + 3] as number) +
          (rgb[from + row] as number) +
          (rgb[from + row + 3] as number);
        out[(y * side + x) * 3 + c] = sum / 4;
      }
    }
  }
  return out;
}
