import { WinnowError } from '../../domain/errors.ts';
import type { Encoded } from '../../loop/ports.ts';
import { decodeImage, undecodable } from '../browser/decode-image.ts';

/** What an image encoder wants of its pixels. */
export interface Preprocessing {
  readonly width: number;
  readonly height: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly rescale: number;
  /** The shorter side is scaled to this and the middle cut out; null = stretch to width x height. */
  readonly shortestEdge: number | null;
}
const PLAIN: Preprocessing = {
  width: 224,
  height: 224,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  rescale: 1 / 255,
  shortestEdge: null,
};

/** Reads `preprocessor_config.json` below a model's address; ImageNet-like defaults where it is silent. */
export async function readPreprocessing(base: string, read: typeof fetch = fetch): Promise<Preprocessing> {
  if (base === '') return PLAIN;
  const answer = await read(`${base}/preprocessor_config.json`);
  if (!answer.ok) throw new WinnowError('encoder-missing', 'preprocessor_config.json is missing');
  const raw = (await answer.json()) as {
    size?: number | { width?: number; height?: number; shortest_edge?: number };
    crop_size?: number | { width?: number; height?: number };
    do_center_crop?: boolean;
    do_normalize?: boolean;
    image_mean?: number[];
    image_std?: number[];
    rescale_factor?: number;
  };
  const size = typeof raw.size === 'number' ? { width: raw.size, height: raw.size } : (raw.size ?? {});
  const crop =
    typeof raw.crop_size === 'number' ? { width: raw.crop_size, height: raw.crop_size } : (raw.crop_size ?? {});
  const shortestEdge = 'shortest_edge' in size ? (size.shortest_edge ?? null) : null;
  const hasCrop = raw.do_center_crop !== false && crop.width !== undefined;
  const width = (hasCrop ? crop.width : size.width) ?? shortestEdge ?? PLAIN.width;
  const height = (hasCrop ? crop.height : size.height) ?? shortestEdge ?? PLAIN.height;
  const isNormalised = raw.do_normalize !== false;
  return {
    width,
    height,
    mean: isNormalised ? (raw.image_mean ?? PLAIN.mean) : [0, 0, 0],
    std: isNormalised ? (raw.image_std ?? PLAIN.std) : [1, 1, 1],
    rescale: raw.rescale_factor ?? PLAIN.rescale,
    shortestEdge: shortestEdge ?? (hasCrop && size.width !== undefined ? size.width : null),
  };
}

/** Decodes, scales and normalises images: planar float32 [images, 3, height, width]. Transparent parts are on white; what can't be decoded is zeros and listed. */
export async function imageTensor(
  images: readonly Blob[],
  p: Preprocessing,
): Promise<{ data: Float32Array; height: number; width: number; failed: Encoded['failed'] }> {
  const { width, height } = p;
  const plane = width * height;
  const data = new Float32Array(images.length * 3 * plane);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new WinnowError('encoder-failed', 'The browser gave no drawing surface');
  context.imageSmoothingQuality = 'high';
  const decoded: (object | null)[] = [];
  for (const [i, image] of images.entries()) {
    const bitmap = await decodeImage(image);
    decoded.push(bitmap);
    if (!bitmap) continue;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    const scale = p.shortestEdge === null ? null : p.shortestEdge / Math.min(bitmap.width, bitmap.height);
    const w = scale === null ? width : bitmap.width * scale;
    const h = scale === null ? height : bitmap.height * scale;
    context.drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h);
    bitmap.close();
    const rgba = context.getImageData(0, 0, width, height).data;
    for (let c = 0; c < 3; c++) {
      const factor = p.rescale / (p.std[c] ?? 1);
      const shift = (p.mean[c] ?? 0) / (p.std[c] ?? 1);
      const to = (i * 3 + c) * plane;
      for (let k = 0; k < plane; k++) data[to + k] = (rgba[k * 4 + c] as number) * factor - shift;
    }
  }
  return { data, height, width, failed: undecodable(decoded) };
}
