import { WinnowError } from '../../domain/errors.ts';

/** What an image encoder wants of its pixels. */
export interface Preprocessing {
  readonly width: number;
  readonly height: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly rescale: number;
  /** The shorter side is scaled to this and the middle cut out; null = stretch to width x height. */
  readonly shortestEdge: number | null;
  /** Pillow's number of the kernel: 1 Lanczos, 2 bilinear, 3 bicubic. */
  readonly resample: number;
}
const PLAIN: Preprocessing = {
  width: 224,
  height: 224,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  rescale: 1 / 255,
  shortestEdge: null,
  resample: 2,
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
    resample?: number;
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
    resample: raw.resample ?? PLAIN.resample,
    shortestEdge: shortestEdge ?? (hasCrop && size.width !== undefined ? size.width : null),
  };
}
