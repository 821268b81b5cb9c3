import type { Modality } from '../domain/item.ts';

/** How an encoder runs: a transformers.js model, or one that learns from the pool itself and needs no download. */
export type EncoderRuntime = 'transformers' | 'builtin-text' | 'builtin-image';
/** Number type of the weights, as transformers.js names it. */
export type Dtype = 'fp32' | 'fp16' | 'q8';

/** One file of a model. What is not known is left out: the hub's own answer decides at download time. */
export interface ModelFile {
  /** Path in the repository, `/` between parts. */
  readonly path: string;
  readonly sizeBytes: number;
  /** True where only a rounded size is known. */
  readonly isApproximate?: boolean;
  /** 64 hex digits. */
  readonly sha256?: string;
}

/** Where the files come from. */
export interface HubSource {
  /** `owner/name`. */
  readonly repository: string;
  /** A commit, or a branch whose commit is noted when it is downloaded. */
  readonly revision: string;
  /** Files that every number type needs. */
  readonly files: readonly ModelFile[];
  readonly weights: Readonly<Partial<Record<Dtype, readonly ModelFile[]>>>;
}

export interface EncoderSpec {
  /** Stable id; part of every embedding's key. File name = id. */
  readonly id: string;
  readonly name: string;
  readonly modality: Modality;
  readonly runtime: EncoderRuntime;
  /** Raised when the same input would give another embedding (files, pooling, preprocessing or code changed). */
  readonly revision: number;
  /** Width of the embedding; 0 = decided when it is fitted, or not known before it runs. */
  readonly dim: number;
  /** Folder below the app's `/models/` path, for the transformers runtime; else ''. */
  readonly path: string;
  readonly pooling: 'mean' | 'cls' | 'model' | 'none';
  /** Number type per backend. `q8` for `webgpu`: there are no other weights, so it runs on the processor. */
  readonly dtypes: { readonly webgpu: Dtype; readonly wasm: Dtype };
  readonly licence: string;
  /** On disk, with the number type for `wasm`. */
  readonly sizeBytes: number;
  /** One line: when to choose it. */
  readonly advice: string;
  /** Languages that it was trained on, in words; '' where it does not matter. */
  readonly languages: string;
  /** Where it can be downloaded from; null = built in, or only on sites that serve its files. */
  readonly hub: HubSource | null;
  /** Tokens of a text that it was trained to read, special tokens included; `USUAL_TOKENS` where absent. The rest is cut off. */
  readonly mostTokens?: number;
  /** Put before every text, as the model was trained with it. */
  readonly prefix?: string;
  /** Name of the weights' file without ending and number type; `model` where absent. */
  readonly modelFile?: 'vision_model' | 'text_model';
  /** For images: the encoder that reads words into the same space, and what it was trained to read of a name (`{name}`). */
  readonly words?: { readonly encoder: string; readonly templates: readonly string[] };
  /** `bag`: token ids of all texts in one row, and where each text begins (static embeddings). */
  readonly inputs?: 'bag';
  /** For what learns from a project's items: its how manieth learning there this is; the first where absent. */
  readonly learning?: number;
  /** True for static embeddings: the model looks tokens up, and tokenising is most of the work. */
  readonly isStatic?: boolean;
}

/** What most encoders of sentences are trained on. */
export const USUAL_TOKENS = 256;

/** Ending of the weights' file of a number type, as transformers.js looks for it. */
const SUFFIX: Readonly<Record<Dtype, string>> = { fp32: '', fp16: '_fp16', q8: '_quantized' };
export const DTYPES = Object.keys(SUFFIX) as readonly Dtype[];

/** Path of a number type's weights in a repository. */
export function weightsPath(dtype: Dtype, modelFile = 'model'): string {
  return `onnx/${modelFile}${SUFFIX[dtype]}.onnx`;
}

/** Files of one number type, its weights last; none where the hub has no such weights. */
export function filesOf(hub: HubSource, dtype: Dtype): readonly ModelFile[] {
  const weights = hub.weights[dtype];
  return weights ? [...hub.files, ...weights] : [];
}

/** Bytes of the weights that an embedding of this precision is computed with on the processor, as far as they are known. */
export function weightBytes(spec: EncoderSpec, precision: 'fp32' | 'q8'): number {
  const weights = spec.hub?.weights[precision] ?? spec.hub?.weights[spec.dtypes.wasm];
  return weights ? totalBytes(weights) : spec.sizeBytes;
}

export function totalBytes(files: readonly ModelFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}
