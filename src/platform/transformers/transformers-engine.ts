import { AutoModel, env, Tensor } from '@huggingface/transformers';
import { planBatches } from '../../domain/embedding/batch-plan.ts';
import { WinnowError, type ErrorCode } from '../../domain/errors.ts';
import type { Backend } from '../../domain/events.ts';
import type { Dtype, EncoderSpec } from '../../encoders/spec.ts';
import type { Precision } from '../../loop/embedding-key.ts';
import type { Batches, Encoded, RunPlan } from '../../loop/encoder-ports.ts';
import type { EncoderEngine } from '../workers/encoder-engine.ts';
import type { Prepared, PreparedPixels, PreparedTokens } from '../workers/prepared.ts';
import { openModelFiles } from './model-files.ts';
import { poolOutput, type Outputs } from './pool-output.ts';
import { choosePlace, configureRuntime } from './runtime.ts';
import { textFeed } from './text-feed.ts';

type Model = Awaited<ReturnType<typeof AutoModel.from_pretrained>>;
type Rows = Pick<Encoded, 'data' | 'failed'>;

/** Tokens, padding included, or images in one run of a model: on the processor as many as its caches hold. */
const USUAL_BATCH = { webgpu: { tokens: 2048, images: 16 }, wasm: { tokens: 128, images: 4 } };
const MOST_ROWS = 64;

/** A transformers.js model from this machine's store or this site's own `/models/`, on WebGPU or WASM. */
export class TransformersEngine implements EncoderEngine {
  readonly backend: Backend;
  readonly fallback: string | null;
  readonly threads: number;
  readonly dim: number;
  readonly #spec: EncoderSpec;
  readonly #model: Model;
  readonly #batch: Batches | null;
  /** Rejects with `gpu-lost` when the graphics card is gone; a model that waits for it would wait for ever. */
  readonly #lost: Promise<never> | null;

  private constructor(
    spec: EncoderSpec,
    model: Model,
    place: { backend: Backend; fallback: string | null; threads: number },
    batch: Batches | null,
    lost: Promise<never> | null,
  ) {
    this.#spec = spec;
    this.#model = model;
    this.#batch = batch;
    this.#lost = lost;
    this.backend = place.backend;
    this.fallback = place.fallback;
    this.threads = place.threads;
    this.dim = spec.dim;
  }

  /**
   * Loads the model. Throws `encoder-missing` when its files are neither on this machine nor on this site, `gpu-unusable` when
   * it can't be started on the graphics card. After that nothing can be loaded in this worker: transformers.js starts a
   * session only after the one before, and a failure passes on to all that follow.
   */
  static async open(spec: EncoderSpec, plan: RunPlan, origin: string): Promise<TransformersEngine> {
    const files = await openModelFiles(spec);
    const threads = configureRuntime(origin, plan.threads, files);
    // 8 bits never go to the graphics card, whatever was asked for.
    const place = await choosePlace(plan.precision === 'q8' ? 'wasm' : plan.backend);
    const device = place.backend === 'webgpu' ? 'webgpu' : 'wasm';
    try {
      const model = await AutoModel.from_pretrained(spec.path, {
        device,
        dtype: files.dtype(dtypesFor(spec, device, plan.precision, place.hasHalf)),
        ...(spec.modelFile && { model_file_name: spec.modelFile }),
      });
      if (device === 'wasm') return new TransformersEngine(spec, model, { ...place, threads }, plan.batch, null);
      const { lost } = await deviceLost();
      return new TransformersEngine(spec, model, { ...place, threads: 1 }, plan.batch, lost);
    } catch (error) {
      throw asFailure(error, device === 'webgpu' ? 'gpu-unusable' : 'encoder-failed');
    }
  }

  fitBatch(): Promise<void> {
    return Promise.resolve();
  }
  fitEnd(): Promise<unknown> {
    return Promise.resolve(null);
  }

  async embed(prepared: Prepared, batch: number | null = null): Promise<Rows> {
    const place = this.backend === 'webgpu' ? 'webgpu' : 'wasm';
    try {
      if (prepared.kind === 'tokens') {
        const most = batch ?? batchAt(place, this.#batch, 'tokens');
        return { data: await this.#embedTokens(prepared, most), failed: [] };
      }
      if (prepared.kind === 'pixels') {
        const most = batch ?? batchAt(place, this.#batch, 'images');
        return { data: await this.#embedPixels(prepared, most), failed: prepared.failed };
      }
    } catch (error) {
      throw asFailure(error);
    }
    throw new WinnowError('encoder-failed', 'The inputs are not prepared for this encoder');
  }

  async #embedTokens({ ids, lengths }: PreparedTokens, tokens: number): Promise<Float32Array> {
    const starts = new Int32Array(lengths.length + 1);
    lengths.forEach((length, i) => (starts[i + 1] = (starts[i] as number) + length));
    let out = new Float32Array();
    for (const batch of planBatches(lengths, { tokens, rows: Math.max(MOST_ROWS, tokens >> 4) })) {
      const rows = [...batch].map((i) => ids.subarray(starts[i], starts[i + 1]));
      const { feed, columns } = textFeed(rows, this.#spec.inputs === 'bag');
      const output = await this.#run(feed);
      const vectors = await poolOutput(this.#spec, output, rows, columns);
      const dim = vectors.length / rows.length;
      if (out.length === 0) out = new Float32Array(lengths.length * dim);
      batch.forEach((i, k) => {
        // A text without tokens was given padding to read; what came of it says nothing.
        if (lengths[i] !== 0) out.set(vectors.subarray(k * dim, (k + 1) * dim), i * dim);
      });
    }
    return out;
  }

  async #embedPixels({ data, count, width, height }: PreparedPixels, most: number): Promise<Float32Array> {
    const size = 3 * width * height;
    let out = new Float32Array();
    for (let start = 0; start < count; start += most) {
      const rows = Math.min(most, count - start);
      const pixels = data.subarray(start * size, (start + rows) * size);
      const output = await this.#run({ pixel_values: new Tensor('float32', pixels, [rows, 3, height, width]) });
      const vectors = await poolOutput(this.#spec, output, new Array<Int32Array>(rows).fill(new Int32Array()), 0);
      if (out.length === 0) out = new Float32Array((vectors.length / rows) * count);
      out.set(vectors, (vectors.length / rows) * start);
    }
    return out;
  }

  #run(feed: Record<string, Tensor>): Promise<Outputs> {
    const run = this.#model(feed) as Promise<Outputs>;
    return this.#lost ? Promise.race([run, this.#lost]) : run;
  }
}

/**
 * Number types that give embeddings of this precision on a device, the best first. Never 8-bit weights on WebGPU: their
 * results are wrong there.
 */
export function dtypesFor(
  spec: EncoderSpec,
  device: 'webgpu' | 'wasm',
  precision: Precision,
  hasHalf: boolean,
): readonly Dtype[] {
  if (device === 'wasm') return precision === 'q8' ? ['q8'] : ['fp32', 'fp16'];
  if (!hasHalf) return ['fp32'];
  return spec.dtypes.webgpu === 'fp16' ? ['fp16', 'fp32'] : ['fp32', 'fp16'];
}

/** What is run at once: what was found for this place, never for another one, else what is usual there. */
export function batchAt(place: 'webgpu' | 'wasm', batches: Batches | null, unit: 'tokens' | 'images'): number {
  return batches?.[place] ?? USUAL_BATCH[place][unit];
}

/** Boxed, as an awaited promise would be waited for. */
async function deviceLost(): Promise<{ lost: Promise<never> | null }> {
  const device = (await (env.backends.onnx as { webgpu?: { device?: Promise<GPUDevice> } }).webgpu?.device) ?? null;
  if (!device) return { lost: null };
  const lost = device.lost.then(({ message }): never => {
    throw new WinnowError('gpu-lost', message);
  });
  lost.catch(() => undefined); // heard by the runs that wait for it
  return { lost };
}

function asFailure(error: unknown, code: ErrorCode = 'encoder-failed'): WinnowError {
  // Weights may be missing for the card alone.
  if (error instanceof WinnowError && code !== 'gpu-unusable') return error;
  return new WinnowError(code, error instanceof Error ? error.message : String(error), { cause: error });
}
