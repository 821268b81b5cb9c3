import { WinnowError } from '../../domain/errors.ts';
import { pressColours } from '../../domain/embedding/press-colours.ts';
import { resample, type Kernel } from '../../domain/embedding/resample.ts';
import { isPressJpeg, sniff } from '../../formats/sniff.ts';
import { decodeImage, undecodable } from '../browser/decode-image.ts';
import type { PreparedPixels } from '../workers/prepared.ts';
import { StraightPixels } from './straight-pixels.ts';
import { readPreprocessing, type Preprocessing } from './image-tensor.ts';

/** Pillow's numbers for its kernels. */
const KERNELS: Readonly<Record<number, Kernel>> = { 1: 'lanczos', 2: 'bilinear', 3: 'bicubic' };
/** A larger picture is first shrunk by the browser, to this many times the wanted size: its pixels would fill the memory. */
const MOST_PIXELS = 24e6;
const HEADROOM = 4;
/** Within which a JPEG says how many colours it has. */
const HEADER_BYTES = 64 * 1024;
/** Colours that differ by less, 0..255, show nothing: then only the transparency does. */
const FLAT = 8;

/** Decodes pictures and scales and normalises them as the encoder's own preprocessing says. */
export class ImageReader {
  readonly #p: Preprocessing;
  readonly #canvas = new OffscreenCanvas(1, 1);
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #straight = new StraightPixels();

  constructor(preprocessing: Preprocessing) {
    this.#p = preprocessing;
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new WinnowError('encoder-failed', 'The browser gave no drawing surface');
    this.#context = context;
  }

  static async open(base: string, read: typeof fetch = fetch): Promise<ImageReader> {
    return new ImageReader(await readPreprocessing(base, read));
  }

  async read(images: readonly Blob[]): Promise<PreparedPixels> {
    const { width, height } = this.#p;
    const size = 3 * width * height;
    const data = new Float32Array(images.length * size);
    // All at once: the browser decodes on threads of its own.
    const pictures = await Promise.all(images.map(open));
    for (const [i, picture] of pictures.entries()) if (picture) data.set(await this.#scale(picture), i * size);
    return { kind: 'pixels', data, count: images.length, width, height, failed: undecodable(pictures) };
  }

  async #scale({ bitmap: full, head }: Picture): Promise<Float32Array> {
    const { width, height, mean, std, rescale, shortestEdge } = this.#p;
    const factor = shortestEdge === null ? null : shortestEdge / Math.min(full.width, full.height);
    const w = factor === null ? width : Math.floor(full.width * factor + 0.005);
    const h = factor === null ? height : Math.floor(full.height * factor + 0.005);
    const bitmap = await shrink(full, w * HEADROOM, h * HEADROOM);
    const rgba = sniff(head) === 'jpeg' ? this.#draw(bitmap) : this.#withoutAlpha(bitmap);
    const part = {
      width: w,
      height: h,
      x: Math.floor((w - width) / 2),
      y: Math.floor((h - height) / 2),
      columns: width,
      rows: height,
    };
    const out = resample(rgba, bitmap.width, bitmap.height, part, KERNELS[this.#p.resample] ?? 'bilinear');
    bitmap.close();
    if (isPressJpeg(head)) pressColours(out);
    const plane = width * height;
    for (let c = 0; c < 3; c++) {
      const times = rescale / (std[c] ?? 1);
      const minus = (mean[c] ?? 0) / (std[c] ?? 1);
      for (let k = c * plane; k < (c + 1) * plane; k++) out[k] = (out[k] as number) * times - minus;
    }
    return out;
  }

  /**
   * Colours as the encoder's own preprocessing takes them: without their transparency. A drawing whose colours are all
   * the same and which is seen by its transparency only is put on white.
   */
  #withoutAlpha(bitmap: ImageBitmap): Uint8ClampedArray {
    const drawn = this.#draw(bitmap);
    if (!isTransparent(drawn)) return drawn;
    const straight = this.#straight.read(bitmap) ?? drawn;
    if (!isFlat(straight)) return straight;
    this.#context.globalCompositeOperation = 'destination-over';
    this.#context.fillStyle = '#fff';
    this.#context.fillRect(0, 0, bitmap.width, bitmap.height);
    this.#context.globalCompositeOperation = 'source-over';
    return this.#context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  }

  #draw(bitmap: ImageBitmap): Uint8ClampedArray {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    } else this.#context.clearRect(0, 0, width, height);
    this.#context.drawImage(bitmap, 0, 0);
    return this.#context.getImageData(0, 0, width, height).data;
  }
}

/** Colours as they are in the file, not multiplied by their transparency. */
const STRAIGHT: ImageBitmapOptions = { premultiplyAlpha: 'none' };

interface Picture {
  readonly bitmap: ImageBitmap;
  readonly head: Uint8Array;
}
async function open(image: Blob): Promise<Picture | null> {
  const [bitmap, head] = await Promise.all([decodeImage(image, STRAIGHT), image.slice(0, HEADER_BYTES).arrayBuffer()]);
  return bitmap && { bitmap, head: new Uint8Array(head) };
}

async function shrink(bitmap: ImageBitmap, width: number, height: number): Promise<ImageBitmap> {
  if (bitmap.width * bitmap.height <= MOST_PIXELS || bitmap.width <= width || bitmap.height <= height) return bitmap;
  const smaller = await createImageBitmap(bitmap, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: 'high',
    ...STRAIGHT,
  });
  bitmap.close();
  return smaller;
}

function isTransparent(rgba: Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return true;
  return false;
}

/** No colour that can be seen differs from the others. */
function isFlat(rgba: Uint8ClampedArray): boolean {
  const low = [255, 255, 255];
  const high = [0, 0, 0];
  for (let i = 0; i < rgba.length; i += 4) {
    if (rgba[i + 3] === 0) continue;
    for (let c = 0; c < 3; c++) {
      const value = rgba[i + c] as number;
      if (value < (low[c] as number)) low[c] = value;
      if (value > (high[c] as number)) high[c] = value;
      if ((high[c] as number) - (low[c] as number) >= FLAT) return false;
    }
  }
  return true;
}
