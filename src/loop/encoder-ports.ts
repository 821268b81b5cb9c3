/** What turns items into embeddings. Adapter: `platform/workers/encode-client.ts`. */
import type { Backend, BackendChoice } from '../domain/events.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { Precision } from './embedding-key.ts';
import type { EmbeddingKey } from './storage-ports.ts';

export interface EncoderInfo {
  readonly key: EmbeddingKey;
  readonly backend: Backend;
  readonly dim: number;
  /** Why a slower backend than asked for is used; null when it is the one asked for. Shown to the user. */
  readonly fallback: string | null;
  /** Threads that compute, of all copies of the model together; 1 on a graphics card. */
  readonly threads: number;
  /** Copies of the model that compute side by side. */
  readonly lanes: number;
}
/** Tokens (padding included) or images in one run of the model, by where it runs: what suits a card does not suit a processor. */
export type Batches = Readonly<Partial<Record<'webgpu' | 'wasm', number>>>;

/** How an encoder is to run here. */
export interface RunPlan {
  readonly backend: BackendChoice;
  /** Of the weights; see `embedding-key.ts`. Only WebAssembly reads 8 bits. */
  readonly precision: Precision;
  /** WebAssembly threads, of all copies of the model together; null = one for each core. */
  readonly threads: number | null;
  /** Null, and where nothing is said of a place, = the encoder's own. */
  readonly batch: Batches | null;
}
/** What a short trial found out about an encoder on this machine. */
export interface Tuning {
  readonly plan: RunPlan;
  /** Items a second. */
  readonly ratePerS: number;
}
/** Remembers trials on this machine. */
export interface TuningStore {
  get(key: string): Tuning | null;
  put(key: string, tuning: Tuning): void;
}
/** `isPreview`: the original can't be read, and its small preview stands in for it. */
export type EncodeInput = { readonly text: string } | { readonly image: Blob; readonly isPreview?: boolean };

export interface Encoded {
  /** Row-major [inputs, dim]; unit-normalised and finite (also for empty texts); zeros where an input failed. */
  readonly data: Float32Array;
  /** Inputs that cannot be embedded, by index, ascending; `reason` is a whole sentence. */
  readonly failed: readonly { readonly index: number; readonly reason: string }[];
  /** Texts that are longer than the encoder reads, by index, ascending: only their beginning counts. */
  readonly truncated: readonly number[];
}

/** Turns items into embeddings, in its own worker. Any error ends the worker; `open` starts a new one. */
export interface Encoder {
  /** `state` is what `fit` returned earlier, for encoders that learn from the pool; null otherwise. */
  open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo>;
  /** True of an encoder that learns from the pool: without a stored state `fit` must run before `embed`. */
  needsFit(spec: EncoderSpec): boolean;
  /**
   * Learns from a sample of the pool, given in batches: call `fitBatch` for each, then `fitEnd`, which returns the
   * state to store. Reports 0..1 through `onProgress`. Inputs that can't be decoded are left out.
   */
  fitBatch(inputs: readonly EncodeInput[]): Promise<void>;
  fitEnd(onProgress: (share: number) => void): Promise<unknown>;
  /** @param batch instead of the plan's */
  embed(inputs: readonly EncodeInput[], batch?: number): Promise<Encoded>;
  /** Ends the worker. */
  stop(): void;
}
