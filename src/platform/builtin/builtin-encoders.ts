import {
  embedLatentSemantic,
  fitLatentSemantic,
  type LatentSemanticModel,
} from '../../domain/embedding/latent-semantic.ts';
import {
  embedPatches,
  fitPatchModel,
  IMAGE_BYTES,
  SIDE,
  type PatchModel,
} from '../../domain/embedding/patch-features.ts';
import { WinnowError } from '../../domain/errors.ts';
import { readLatentSemantic, readPatchModel } from '../../formats/validate-encoder-state.ts';
import type { EncodeInput, Encoded } from '../../loop/encoder-ports.ts';
import { decodeImage, undecodable } from '../browser/decode-image.ts';
import { bestStationary } from '../wasm/wasm-matrix.ts';
import type { EncoderEngine } from '../workers/encoder-engine.ts';
import type { Prepared } from '../workers/prepared.ts';

type Rows = Pick<Encoded, 'data' | 'failed'>;

/** Texts, by latent semantic analysis of the pool. */
export class BuiltinTextEngine implements EncoderEngine {
  readonly backend = 'cpu';
  readonly fallback = null;
  readonly threads = 1;
  #model: LatentSemanticModel | null;
  #sample: string[] = [];

  constructor(state: unknown) {
    this.#model = usable(state, readLatentSemantic);
  }
  get dim(): number {
    return this.#model?.dim ?? 0;
  }
  fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    for (const input of inputs) if ('text' in input) this.#sample.push(input.text);
    return Promise.resolve();
  }
  fitEnd(onProgress: (share: number) => void): Promise<unknown> {
    this.#model = fitLatentSemantic(this.#sample, onProgress);
    this.#sample = [];
    return Promise.resolve(this.#model);
  }
  embed(prepared: Prepared): Promise<Rows> {
    const inputs = plain(prepared);
    if (!this.#model) throw new WinnowError('encoder-failed', 'The built-in encoder has not learnt from the pool yet');
    const texts = inputs.map((i) => ('text' in i ? i.text : ''));
    return Promise.resolve({ data: embedLatentSemantic(this.#model, texts), failed: [] });
  }
}

/** Images, by patch features learnt on the pool. */
export class BuiltinImageEngine implements EncoderEngine {
  readonly backend = 'cpu';
  readonly fallback = null;
  readonly threads = 1;
  #model: PatchModel | null;
  #sample: Uint8Array[] = [];

  constructor(state: unknown) {
    this.#model = usable(state, readPatchModel);
  }
  get dim(): number {
    return this.#model?.axes.dim ?? 0;
  }
  async fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    for (const image of await pixels(inputs)) if (image) this.#sample.push(image);
  }
  fitEnd(onProgress: (share: number) => void): Promise<unknown> {
    if (this.#sample.length === 0) throw new WinnowError('encoder-failed', 'None of the images could be decoded');
    this.#model = fitPatchModel(concat(this.#sample), this.#sample.length, onProgress, bestStationary);
    this.#sample = [];
    return Promise.resolve(this.#model);
  }
  async embed(prepared: Prepared): Promise<Rows> {
    const inputs = plain(prepared);
    if (!this.#model) throw new WinnowError('encoder-failed', 'The built-in encoder has not learnt from the pool yet');
    const images = await pixels(inputs);
    const blank = new Uint8Array(IMAGE_BYTES);
    const all = concat(images.map((image) => image ?? blank));
    return { data: embedPatches(this.#model, all, inputs.length, bestStationary), failed: undecodable(images) };
  }
}

/** What was stored, checked. Null before anything was learnt. */
function usable<T>(state: unknown, read: (value: unknown) => T | null): T | null {
  if (state === null || state === undefined) return null;
  const model = read(state);
  if (model === null) throw new WinnowError('encoder-failed', 'What it had learnt from your items is damaged');
  return model;
}

/** SIDE x SIDE RGBA bytes of each image, on white where it is transparent; null where it can't be decoded. */
async function pixels(inputs: readonly EncodeInput[]): Promise<(Uint8Array | null)[]> {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new WinnowError('encoder-failed', 'The browser gave no drawing surface');
  const out: (Uint8Array | null)[] = [];
  for (const input of inputs) {
    if (!('image' in input)) throw new WinnowError('encoder-failed', 'The image encoder was given a text');
    const bitmap = await decodeImage(input.image, { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'high' });
    if (!bitmap) {
      out.push(null);
      continue;
    }
    context.fillStyle = '#fff';
    context.fillRect(0, 0, SIDE, SIDE);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    out.push(new Uint8Array(context.getImageData(0, 0, SIDE, SIDE).data.buffer));
  }
  return out;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.length * IMAGE_BYTES);
  parts.forEach((part, i) => out.set(part, i * IMAGE_BYTES));
  return out;
}

function plain(prepared: Prepared): readonly EncodeInput[] {
  if (prepared.kind === 'plain') return prepared.inputs;
  throw new WinnowError('encoder-failed', 'A built-in encoder reads its inputs by itself');
}
