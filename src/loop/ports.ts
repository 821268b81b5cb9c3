/**
 * What the loop needs from the outside. Interfaces only; adapters live in platform/, doubles in tests/fakes/.
 * Long work takes an `AbortSignal` on the caller's side and runs in batches that the caller drives.
 */
import type { Backend, BackendChoice, ModelKind, WinnowEvent } from '../domain/events.ts';
import type { Head, HiddenLayer } from '../domain/head.ts';
import type { ItemId, ProjectId, Row } from '../domain/ids.ts';
import type { Item, Modality, Rejection } from '../domain/item.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { Precision } from './embedding-key.ts';
import type { ItemGroup, StrategyPick } from '../strategies/strategy.ts';
import type { GuardRequest } from '../strategies/wrappers/wrapper.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}
export interface Ids {
  /** A fresh random id (UUID). */
  next(): string;
  /** A fresh 32-bit seed. */
  seed(): number;
}

// ---------------------------------------------------------------- storage

/** What the project list shows without opening a project. A cache; the log is the truth. */
export interface ProjectSummary {
  readonly id: ProjectId;
  readonly name: string;
  readonly modality: Modality;
  readonly createdAt: number;
  readonly openedAt: number;
  readonly itemCount: number;
  readonly labelCount: number;
}

export interface ProjectStore {
  list(): Promise<readonly ProjectSummary[]>;
  get(id: ProjectId): Promise<ProjectSummary | null>;
  put(summary: ProjectSummary): Promise<void>;
  /** Ids that have something stored but are not listed, as when a tab was closed while it opened a project file. */
  unlisted(): Promise<ProjectId[]>;
  /** Removes the project and everything stored for it, in one transaction. */
  remove(id: ProjectId): Promise<void>;
  /** Directory handles kept for re-opening (structured clone): an array, a single one from before, or null. */
  getHandle(id: ProjectId): Promise<unknown>;
  putHandle(id: ProjectId, handle: unknown): Promise<void>;
}

export interface EventStore {
  /** Resolves when the events are durable (strict durability). All or none. */
  append(project: ProjectId, events: readonly WinnowEvent[]): Promise<void>;
  /** In log order. Unreadable records throw `WinnowError('unexpected')`. */
  read(project: ProjectId): Promise<WinnowEvent[]>;
}

/** One item ready to be stored. `text` for texts; `thumb` for images; `original` when no lasting folder handle exists. */
export interface NewItem {
  readonly item: Item;
  readonly text: string | null;
  readonly thumb: Blob | null;
  readonly original: Blob | null;
}
/** Import journal: what was asked for, how far it got, what was refused. Lets a reload resume. */
export interface ImportJournal {
  readonly id: string;
  readonly sourceName: string;
  readonly total: number;
  readonly done: number;
  readonly isFinished: boolean;
  readonly startedAt: number;
  /** Options needed to continue: column choice, hint mode. */
  readonly options: Readonly<Record<string, unknown>>;
}
/** Remembers a file that was read, so that a resumed import does not read it again. */
export interface SeenFile {
  readonly path: string;
  /** Size, time of the last change, and how it was read: other columns give other texts. */
  readonly stamp: string;
  readonly item: ItemId | null;
}
export interface ItemStore {
  all(project: ProjectId): Promise<Item[]>;
  /** Writes new items, changed items (more paths), rejections, seen files and the journal in ONE transaction. */
  commit(project: ProjectId, change: ItemChange): Promise<void>;
  text(project: ProjectId, id: ItemId): Promise<string | null>;
  texts(project: ProjectId, ids: readonly ItemId[]): Promise<(string | null)[]>;
  thumb(project: ProjectId, id: ItemId): Promise<Blob | null>;
  thumbs(project: ProjectId, ids: readonly ItemId[]): Promise<(Blob | null)[]>;
  original(project: ProjectId, id: ItemId): Promise<Blob | null>;
  originals(project: ProjectId, ids: readonly ItemId[]): Promise<(Blob | null)[]>;
  rejections(project: ProjectId): Promise<Rejection[]>;
  journals(project: ProjectId): Promise<ImportJournal[]>;
  seenFiles(project: ProjectId): Promise<SeenFile[]>;
}
export interface ItemChange {
  readonly added: readonly NewItem[];
  readonly changed: readonly Item[];
  readonly rejected: readonly Rejection[];
  readonly seen: readonly SeenFile[];
  readonly journal: ImportJournal | null;
}

/** Key of a set of embeddings: encoder id + revision + dtype. Sets never mix. */
export type EmbeddingKey = string;
export interface EmbeddingChunk {
  readonly ids: readonly ItemId[];
  readonly dim: number;
  /** Row-major [ids, dim], unit-normalised, finite. */
  readonly data: Float32Array;
}
/** Rows that another project has. */
export interface ForeignChunk extends EmbeddingChunk {
  readonly project: ProjectId;
}
export interface EmbeddingStore {
  /** Durable when it resolves. Refuses non-finite values with `WinnowError('encoder-failed')`. */
  append(project: ProjectId, key: EmbeddingKey, chunk: EmbeddingChunk): Promise<void>;
  /** Ids that have an embedding under this key. */
  ids(project: ProjectId, key: EmbeddingKey): Promise<ItemId[]>;
  chunks(project: ProjectId, key: EmbeddingKey): Promise<EmbeddingChunk[]>;
  keys(project: ProjectId): Promise<EmbeddingKey[]>;
  /** What other projects hold under a key of the wanted items, each item once, a chunk at a time. */
  elsewhere(project: ProjectId, key: EmbeddingKey, wanted: ReadonlySet<ItemId>): AsyncIterable<ForeignChunk>;
  clear(project: ProjectId, key: EmbeddingKey): Promise<void>;
  /** Learnt state of a built-in encoder (structured-cloneable), or null. */
  getEncoderState(project: ProjectId, key: EmbeddingKey): Promise<unknown>;
  putEncoderState(project: ProjectId, key: EmbeddingKey, state: unknown): Promise<void>;
}

export interface HeadStore {
  put(project: ProjectId, head: Head): Promise<void>;
  get(project: ProjectId, version: number): Promise<Head | null>;
  all(project: ProjectId): Promise<Head[]>;
}

export interface Storage {
  readonly projects: ProjectStore;
  readonly events: EventStore;
  readonly items: ItemStore;
  readonly embeddings: EmbeddingStore;
  readonly heads: HeadStore;
  close(): void;
}

// ---------------------------------------------------------------- reading media

export type MediaResult =
  | {
      readonly ok: true;
      readonly id: ItemId;
      readonly width: number;
      readonly height: number;
      /** WebP or JPEG, longest side 256 px, EXIF orientation applied. */
      readonly thumb: Blob;
    }
  | { readonly ok: false; readonly rejection: Rejection };

/** Hashing, decoding and thumbnails, off the main thread. */
export interface MediaReader {
  image(path: string, file: Blob): Promise<MediaResult>;
  /** SHA-256 of UTF-8 bytes for each text, as 64 hex digits. */
  hashTexts(texts: readonly string[]): Promise<ItemId[]>;
  /** Tables: importer id, bytes -> table, parsed in the worker. */
  readTable(importer: string, file: Blob, rowLimit?: number): Promise<import('../formats/format.ts').Table>;
  /** Ends the worker; the next call starts a new one. */
  stop(): void;
}

/** One file of a source: a folder entry, a dropped file, a zip member. */
export interface SourceFile {
  /** Path below the chosen folder, `/` between parts. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly lastModified: number;
  blob(): Promise<Blob>;
}

// ---------------------------------------------------------------- encoding

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
/** How an encoder is to run here. */
export interface RunPlan {
  readonly backend: BackendChoice;
  /** Of the weights; see `embedding-key.ts`. Only WebAssembly reads 8 bits. */
  readonly precision: Precision;
  /** WebAssembly threads, of all copies of the model together; null = one for each core. */
  readonly threads: number | null;
  /** Tokens (padding included) or images in one run of the model; null = the encoder's own. */
  readonly batch: number | null;
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
export type EncodeInput = { readonly text: string } | { readonly image: Blob };

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
  /** True when `fit` must run before `embed` (built-in encoder without state). */
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

// ---------------------------------------------------------------- learning

export interface LearnerInfo {
  readonly backend: Backend;
  readonly fallback: string | null;
}
export interface TrainRequest {
  /** Matrix rows with a training label, ascending. */
  readonly rows: Int32Array;
  /** Class index of each; empty with `targets`. */
  readonly labels: Int32Array;
  /** Where an item can have several classes: `memberships` of the rows, row-major [rows, classes]. */
  readonly targets?: Uint8Array | undefined;
  readonly classCount: number;
  readonly seed: number;
  /** True lets every class count alike, however many labels it has; not with targets. */
  readonly isBalanced?: boolean;
  /** A hidden layer is left out while there are too few labels for one, and with targets. Linear when absent. */
  readonly model?: ModelKind;
  /** Inverse penalty of a plain logistic regression (see `regularisation.ts`); when null or absent the head is chosen. */
  readonly c?: number | null;
  /** Rows whose embeddings may help without a label: all but held-out items. None when absent. */
  readonly pool?: Int32Array;
}
/** A head without project vocabulary. */
export interface FittedHead {
  readonly dim: number;
  readonly mean: Float32Array;
  readonly scale: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly lambda: number;
  /** See `Head`. */
  readonly thresholds?: Float32Array | undefined;
  readonly hidden?: HiddenLayer | undefined;
  readonly fitMs: number;
}
/** Per-row summary of the pool under the current head; arrays are [items]. */
export interface PoolScores {
  readonly top: Int32Array;
  readonly topProbability: Float32Array;
  readonly second: Int32Array;
  readonly secondProbability: Float32Array;
  readonly scoreMs: number;
}
export interface SelectRequest {
  readonly strategy: string;
  readonly count: number;
  readonly seed: number;
  readonly candidates: Int32Array;
  readonly labelledRows: Int32Array;
  readonly labels: Int32Array;
  /** Where an item can have several classes: `memberships` of the labelled rows, row-major [rows, classes]. */
  readonly targets?: Uint8Array | undefined;
  readonly classNames: readonly string[];
  /** Rows that are in the batch already. None when absent. */
  readonly batchRows?: Int32Array;
  /** Guesses for cold starts that spread over them. None when absent. */
  readonly groups?: readonly ItemGroup[];
  /** What every batch is guarded against. Nothing when absent. */
  readonly guards?: GuardRequest;
  /** How the current head was trained, where its temperature is wanted from cross-validation. As it is when absent. */
  readonly temperature?: Pick<TrainRequest, 'seed' | 'pool' | 'isBalanced' | 'c' | 'model'>;
}
export interface Selection {
  readonly picks: readonly StrategyPick[];
  /** Of the probabilities that the strategy saw; 1 when absent. */
  readonly temperature?: number;
  readonly selectMs: number;
}

/**
 * The learner. Embeddings enter once and stay there; what comes back is n numbers or k picks.
 * The in-process learner and its worker client implement this one interface.
 */
export interface Learner {
  open(backend: BackendChoice): Promise<LearnerInfo>;
  /** Takes ownership of `data` (transferred): row-major [rows, dim], unit-normalised. Replaces what was there. */
  load(data: Float32Array, rows: number, dim: number): Promise<void>;
  /** Fits a head and makes it the current one. */
  train(request: TrainRequest): Promise<FittedHead>;
  /**
   * Fits a head without making it the current one, and says which class it gives each test row; with `targets`, 1 or 0
   * for each class, [test, classes].
   */
  tryHead(request: TrainRequest, test: Int32Array): Promise<Int32Array>;
  /** Makes a stored head the current one (undo, reopening). */
  use(head: FittedHead | null): Promise<void>;
  /** Scores every row under the current head. */
  score(): Promise<PoolScores>;
  /** Probabilities of some rows under the current head, [rows, classes]; exact float64 path rounded to float32. */
  probabilities(rows: Int32Array): Promise<Float32Array>;
  select(request: SelectRequest): Promise<Selection>;
  /** Rows whose cosine similarity to any of `anchors` is at least `threshold` (anchors themselves left out). */
  nearDuplicates(anchors: Int32Array, threshold: number): Promise<Int32Array>;
  /** The `count` rows nearest to `row` by cosine, nearest first, itself left out. */
  neighbours(row: Row, count: number): Promise<Int32Array>;
  /**
   * Inner products of every row with some vectors, row-major [rows, count]: the same bits on every backend.
   * @param vectors row-major [count, dim]
   */
  similarities(vectors: Float32Array, count: number): Promise<Float32Array>;
  /** Bytes held on the backend and in the worker's heap, for the benchmarks. */
  memory(): Promise<{ backendBytes: number; heapBytes: number }>;
  stop(): void;
}
