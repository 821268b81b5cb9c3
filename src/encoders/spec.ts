import type { Modality } from '../domain/item.ts';

/** How an encoder runs: a transformers.js model, or one that learns from the pool itself and needs no download. */
export type EncoderRuntime = 'transformers' | 'builtin-text' | 'builtin-image';

export interface EncoderSpec {
  /** Stable id; part of every embedding's key. File name = id. */
  readonly id: string;
  readonly name: string;
  readonly modality: Modality;
  readonly runtime: EncoderRuntime;
  /** Raised when the same input would give another embedding (files, pooling, preprocessing or code changed). */
  readonly revision: number;
  /** Width of the embedding; 0 = decided when it is fitted. */
  readonly dim: number;
  /** Folder below the app's `/models/` path, for the transformers runtime; else ''. */
  readonly path: string;
  readonly pooling: 'mean' | 'cls' | 'model' | 'none';
  readonly dtypes: { readonly webgpu: string; readonly wasm: string };
  readonly licence: string;
  readonly sizeBytes: number;
  /** One line: when to choose it. */
  readonly advice: string;
}
