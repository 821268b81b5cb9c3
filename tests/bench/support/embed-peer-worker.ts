import { AutoModel, AutoTokenizer, env, pipeline, RawImage, Tensor } from '@huggingface/transformers';
import { expose } from 'comlink';

export interface PeerModel {
  readonly path: string;
  readonly modality: 'text' | 'image';
  readonly device: 'wasm' | 'webgpu';
  readonly dtype: string;
  /** Null: the library's default. */
  readonly threads: number | null;
}
/** Ready-made inputs of one run. */
export interface ReadyBatch {
  readonly rows: number;
  /** Texts: [rows, columns] token ids and their mask. */
  readonly columns: number;
  readonly ids: BigInt64Array;
  readonly mask: BigInt64Array;
}
type Session = { run: (feeds: Record<string, unknown>) => Promise<unknown>; inputNames: readonly string[] };

/** transformers.js as others would use it, for comparison: one item at a time, and its bare session. */
class Peer {
  #configure(threads: number | null): void {
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.localModelPath = '/models/';
    env.useBrowserCache = false;
    env.useWasmCache = false;
    const wasm = env.backends.onnx.wasm;
    if (!wasm) throw new Error('no WASM runtime');
    wasm.wasmPaths = `${location.origin}/runtime/ort/`;
    if (threads !== null) wasm.numThreads = threads;
  }

  /** Items per second, one call for each item with the library's defaults, after `warmUp` of them. */
  async naive(model: PeerModel, items: readonly (string | Blob)[], warmUp: number): Promise<number> {
    this.#configure(model.threads);
    const options = { device: model.device, dtype: model.dtype as 'fp32' };
    const run =
      model.modality === 'text'
        ? await pipeline('feature-extraction', model.path, options).then(
            (pipe) => (item: string | Blob) => pipe(item as string, { pooling: 'mean', normalize: true }),
          )
        : await pipeline('image-feature-extraction', model.path, options).then(
            (pipe) => async (item: string | Blob) => pipe(await RawImage.fromBlob(item as Blob), { pool: true }),
          );
    for (const item of items.slice(0, warmUp)) await run(item);
    const from = performance.now();
    for (const item of items) await run(item);
    return (1000 * items.length) / (performance.now() - from);
  }

  /** Token ids of each text, special tokens included. */
  async tokenize(path: string, texts: readonly string[], most: number): Promise<number[][]> {
    this.#configure(null);
    const tokenizer = await AutoTokenizer.from_pretrained(path);
    return texts.map((text) => (tokenizer.encode(text) as number[]).slice(0, most));
  }

  /** Items per second of the bare session with ready-made batches, after `warmUp` items. */
  async raw(model: PeerModel, batches: readonly ReadyBatch[], side: number, warmUp: number): Promise<number> {
    this.#configure(model.threads);
    const loaded = await AutoModel.from_pretrained(model.path, { device: model.device, dtype: model.dtype as 'fp32' });
    const session = (loaded as unknown as { sessions: { model: Session } }).sessions.model;
    const feeds = batches.map(({ rows, columns, ids, mask }) => {
      const tensor = (data: BigInt64Array) => new Tensor('int64', data, [rows, columns]).ort_tensor as unknown;
      if (model.modality === 'image') {
        const pixels = Float32Array.from({ length: rows * 3 * side * side }, (_, i) => Math.sin(i));
        return { pixel_values: new Tensor('float32', pixels, [rows, 3, side, side]).ort_tensor as unknown };
      }
      const all: Record<string, unknown> = {
        input_ids: tensor(ids),
        attention_mask: tensor(mask),
        token_type_ids: tensor(new BigInt64Array(ids.length)),
      };
      return Object.fromEntries(session.inputNames.map((name) => [name, all[name]]));
    });
    for (let at = 0, rows = 0; rows < warmUp && at < feeds.length; at++) {
      await session.run(feeds[at] ?? {});
      rows += batches[at]?.rows ?? warmUp;
    }
    const from = performance.now();
    for (const feed of feeds) await session.run(feed);
    return (1000 * batches.reduce((sum, b) => sum + b.rows, 0)) / (performance.now() - from);
  }
}

expose(new Peer());
export type { Peer };
