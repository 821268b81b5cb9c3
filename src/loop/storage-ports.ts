/** Where projects are kept. Adapters: `platform/idb/`; in memory: `tests/fakes/memory-storage.ts`. */
import type { WinnowEvent } from '../domain/events.ts';
import type { Head } from '../domain/head.ts';
import type { ItemId, ProjectId } from '../domain/ids.ts';
import type { Item, Modality, Rejection } from '../domain/item.ts';

/** What the project list shows without opening a project. A cache; the log is the truth. */
export interface ProjectSummary {
  readonly id: ProjectId;
  readonly name: string;
  readonly modality: Modality;
  readonly createdAt: number;
  readonly openedAt: number;
  readonly itemCount: number;
  /** Labels that people gave. */
  readonly labelCount: number;
  /** Labels that came with the data; none in summaries of before. */
  readonly importedCount?: number | undefined;
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
