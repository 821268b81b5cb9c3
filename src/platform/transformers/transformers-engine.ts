import { AutoModel, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import type { Backend, BackendChoice } from '../../domain/events.ts';
import { WinnowError } from '../../domain/errors.ts';
import type { EncodeInput, Encoded } from '../../loop/ports.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import type { EncoderEngine } from '../workers/encoder-engine.ts';
import { modelInputs } from './text-inputs.ts';
import { openModelFiles, type ModelFiles } from './model-files.ts';
import { imageTensor, readPreprocessing, type Preprocessing } from './image-tensor.ts';

type Model = Awaited<ReturnType<typeof AutoModel.from_pretrained>>;
type Tokenizer = Awaited<ReturnType<typeof AutoTokenizer.from_pretrained>>;
type Outputs = Record<string, Tensor>;

const MOST_TOKENS = 256;

/** A transformers.js model from this machine's store or this site's own `/models/`, on WebGPU or WASM. */
export class TransformersEngine implements EncoderEngine {
  readonly backend: Backend;
  readonly fallback: string | null;
  readonly dim: number;
  readonly #spec: EncoderSpec;
  readonly #model: Model;
  readonly #tokenizer: Tokenizer | null;
  readonly #preprocessing: Preprocessing | null;

  private constructor(
    spec: EncoderSpec,
    model: Model,
    tokenizer: Tokenizer | null,
    preprocessing: Preprocessing | null,
    backend: Backend,
    fallback: string | null,
  ) {
    this.#spec = spec;
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#preprocessing = preprocessing;
    this.backend = backend;
    this.fallback = fallback;
    this.dim = spec.dim;
  }

  /** Loads model and tokenizer. Throws `encoder-missing` when the files are neither on this machine nor on this site. */
  static async open(spec: EncoderSpec, choice: BackendChoice, origin: string): Promise<TransformersEngine> {
    const files = await openModelFiles(spec);
    configure(origin, files);
    const { backend, fallback } = await chooseBackend(choice);
    const tokenizer = spec.modality === 'text' ? await AutoTokenizer.from_pretrained(spec.path) : null;
    const preprocessing =
      spec.modality === 'image' ? await readPreprocessing(`${origin}/models/${spec.path}`, files.fetch) : null;
    const load = (device: 'webgpu' | 'wasm'): Promise<Model> =>
      AutoModel.from_pretrained(spec.path, {
        device,
        dtype: files.dtype(device),
        ...(spec.modelFile && { model_file_name: spec.modelFile }),
      });
    try {
      const model = await load(backend === 'webgpu' ? 'webgpu' : 'wasm');
      return new TransformersEngine(spec, model, tokenizer, preprocessing, backend, fallback);
    } catch (error) {
      if (backend !== 'webgpu') throw asFailure(error);
      const sentence = `${spec.name} runs on the processor (WebAssembly): it could not be started on WebGPU.`;
      return new TransformersEngine(spec, await load('wasm'), tokenizer, preprocessing, 'wasm', sentence);
    }
  }

  fitBatch(): Promise<void> {
    return Promise.resolve();
  }
  fitEnd(): Promise<unknown> {
    return Promise.resolve(null);
  }

  async embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    try {
      if (!this.#tokenizer) return await this.#embedImages(inputs);
      return { data: await this.#embedTexts(inputs, this.#tokenizer), failed: [] };
    } catch (error) {
      throw asFailure(error);
    }
  }

  async #embedTexts(inputs: readonly EncodeInput[], tokenizer: Tokenizer): Promise<Float32Array> {
    const prefix = this.#spec.prefix ?? '';
    const texts = inputs.map((i) => prefix + ('text' in i ? i.text.slice(0, 20_000) : ''));
    const encoded = modelInputs(this.#spec, tokenizer, texts, MOST_TOKENS);
    const output = (await this.#model(encoded)) as Outputs;
    const ready = output['sentence_embedding'] ?? output['embeddings'] ?? output['text_embeds'];
    if (ready) return Float32Array.from(ready.data as Float32Array);
    const hidden = output['last_hidden_state'];
    const mask = encoded['attention_mask'];
    if (!hidden || !mask) throw new WinnowError('encoder-failed', 'The model gives no hidden states');
    return this.#spec.pooling === 'cls' ? firstToken(hidden) : meanPool(hidden, mask.data as BigInt64Array);
  }

  async #embedImages(inputs: readonly EncodeInput[]): Promise<Encoded> {
    const { data, height, width, failed } = await imageTensor(
      inputs.map((i) => {
        if ('image' in i) return i.image;
        throw new WinnowError('encoder-failed', 'The image encoder was given a text');
      }),
      this.#preprocessing ?? (await readPreprocessing('')),
    );
    const output = (await this.#model({
      pixel_values: new Tensor('float32', data, [inputs.length, 3, height, width]),
    })) as Outputs;
    const pooled = output['pooler_output'] ?? output['image_embeds'];
    if (pooled) return { data: Float32Array.from(pooled.data as Float32Array), failed };
    const hidden = output['last_hidden_state'];
    if (!hidden) throw new WinnowError('encoder-failed', 'The model gives no embeddings');
    return { data: firstToken(hidden), failed };
  }
}

/** Everything from our own origin; nothing from a hub or a CDN, ever. */
function configure(origin: string, files: ModelFiles): void {
  env.fetch = files.fetch;
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = '/models/';
  env.useBrowserCache = false;
  // The cached runtime would be imported from a blob address, which the page's policy forbids.
  env.useWasmCache = false;
  const wasm = env.backends.onnx.wasm;
  if (!wasm) throw new WinnowError('encoder-failed', 'The WASM runtime is missing');
  wasm.wasmPaths = `${origin}/runtime/ort/`;
  wasm.numThreads = globalThis.crossOriginIsolated ? Math.max(1, navigator.hardwareConcurrency) : 1;
}

async function chooseBackend(choice: BackendChoice): Promise<{ backend: Backend; fallback: string | null }> {
  if (choice === 'wasm' || choice === 'cpu') return { backend: 'wasm', fallback: null };
  const gpu = (navigator as Navigator | undefined)?.gpu;
  const adapter = await gpu?.requestAdapter();
  const isReal = adapter !== null && adapter !== undefined && !adapter.info.isFallbackAdapter;
  if (isReal || (choice === 'webgpu' && adapter)) return { backend: 'webgpu', fallback: null };
  const isForced = choice === 'webgpu';
  return {
    backend: 'wasm',
    fallback: isForced ? 'Embedding runs on the processor: this browser offers no WebGPU.' : null,
  };
}

/** Mean of the hidden states where the mask is 1: [batch, tokens, dim] -> [batch, dim]; zeros for an empty mask. */
function meanPool(hidden: Tensor, mask: BigInt64Array): Float32Array {
  const [batch = 0, tokens = 0, dim = 0] = hidden.dims;
  const data = hidden.data as Float32Array;
  const out = new Float32Array(batch * dim);
  for (let b = 0; b < batch; b++) {
    let count = 0;
    for (let t = 0; t < tokens; t++) {
      if (mask[b * tokens + t] === 0n) continue;
      count++;
      const from = (b * tokens + t) * dim;
      for (let d = 0; d < dim; d++) out[b * dim + d] = (out[b * dim + d] as number) + (data[from + d] as number);
    }
    if (count > 0) for (let d = 0; d < dim; d++) out[b * dim + d] = (out[b * dim + d] as number) / count;
  }
  return out;
}

function firstToken(hidden: Tensor): Float32Array {
  const [batch = 0, tokens = 0, dim = 0] = hidden.dims;
  const data = hidden.data as Float32Array;
  const out = new Float32Array(batch * dim);
  for (let b = 0; b < batch; b++) out.set(data.subarray(b * tokens * dim, b * tokens * dim + dim), b * dim);
  return out;
}

function asFailure(error: unknown): WinnowError {
  if (error instanceof WinnowError) return error;
  return new WinnowError('encoder-failed', error instanceof Error ? error.message : String(error), { cause: error });
}
