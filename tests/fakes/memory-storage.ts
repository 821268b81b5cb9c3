import { compareEvents, type WinnowEvent } from '../../src/domain/events.ts';
import { WinnowError } from '../../src/domain/errors.ts';
import type { Head } from '../../src/domain/head.ts';
import type { ItemId, ProjectId } from '../../src/domain/ids.ts';
import type { Item, Rejection } from '../../src/domain/item.ts';
import { checkChunk, rowsOf } from '../../src/loop/check-chunk.ts';
import type {
  EmbeddingChunk,
  EmbeddingStore,
  EventStore,
  ForeignChunk,
  HeadStore,
  ImportJournal,
  ItemChange,
  ItemStore,
  ProjectStore,
  ProjectSummary,
  SeenFile,
  Storage,
} from '../../src/loop/storage-ports.ts';

class Shelf {
  handle: unknown = null;
  readonly events = new Map<string, WinnowEvent>();
  readonly items = new Map<number, Item>();
  readonly texts = new Map<string, string>();
  readonly thumbs = new Map<string, Blob>();
  readonly originals = new Map<string, Blob>();
  readonly rejections = new Map<string, Rejection>();
  readonly journals = new Map<string, ImportJournal>();
  readonly seen = new Map<string, SeenFile>();
  readonly chunks = new Map<string, EmbeddingChunk[]>();
  readonly encoders = new Map<string, unknown>();
  readonly heads = new Map<number, Head>();

  get isUsed(): boolean {
    const { handle, events, items, rejections, journals, seen, chunks, encoders, heads } = this;
    return handle !== null || [events, items, rejections, journals, seen, chunks, encoders, heads].some((m) => m.size);
  }
}

export type Write =
  | 'projects.put'
  | 'projects.remove'
  | 'projects.putHandle'
  | 'events.append'
  | 'items.commit'
  | 'embeddings.append'
  | 'embeddings.clear'
  | 'embeddings.putEncoderState'
  | 'heads.put';

/** The storage port in memory. Values are copied on the way in and out, as a database does. */
export class MemoryStorage implements Storage {
  readonly #summaries = new Map<ProjectId, ProjectSummary>();
  readonly #shelves = new Map<ProjectId, Shelf>();
  /** Set to make writes fail: called before each one; an error that it returns is thrown and nothing is stored. */
  failWrite: ((write: Write) => Error | null) | null = null;

  #shelf(id: ProjectId): Shelf {
    const shelf = this.#shelves.get(id) ?? new Shelf();
    this.#shelves.set(id, shelf);
    return shelf;
  }

  /** Copies `value`, then stores it, unless a failure is asked for. */
  async #write<T>(write: Write, value: T, store: (copy: T) => void): Promise<void> {
    const copy = structuredClone(value);
    await Promise.resolve();
    const failure = this.failWrite?.(write);
    if (failure) throw failure;
    store(copy);
  }

  readonly projects: ProjectStore = {
    list: async () => copyOf([...this.#summaries.values()].sort((a, b) => b.openedAt - a.openedAt)),
    get: async (id) => copyOf(this.#summaries.get(id) ?? null),
    put: (summary) => this.#write('projects.put', summary, (copy) => void this.#summaries.set(copy.id, copy)),
    unlisted: async () =>
      [...this.#shelves].filter(([id, shelf]) => !this.#summaries.has(id) && shelf.isUsed).map(([id]) => id),
    remove: (id) =>
      this.#write('projects.remove', id, () => {
        this.#summaries.delete(id);
        this.#shelves.delete(id);
      }),
    getHandle: async (id) => copyOf(this.#shelf(id).handle),
    putHandle: (id, handle) =>
      this.#write('projects.putHandle', handle, (copy) => {
        this.#shelf(id).handle = copy;
      }),
  };

  readonly events: EventStore = {
    append: (project, events) =>
      this.#write('events.append', events, (copies) => {
        const log = this.#shelf(project).events;
        const keys = copies.map((e) => `${e.seq}/${e.id}`);
        if (new Set(keys).size < keys.length || keys.some((key) => log.has(key))) {
          throw new WinnowError('unexpected', 'This event is already in the log');
        }
        copies.forEach((event, i) => log.set(keys[i] ?? '', event));
      }),
    read: async (project) => copyOf([...this.#shelf(project).events.values()].sort(compareEvents)),
  };

  readonly items: ItemStore = {
    all: async (project) => copyOf([...this.#shelf(project).items.values()].sort((a, b) => a.row - b.row)),
    commit: (project, change) =>
      this.#write('items.commit', change, (copy: ItemChange) => {
        const shelf = this.#shelf(project);
        for (const { item, text, thumb, original } of copy.added) {
          shelf.items.set(item.row, item);
          if (text !== null) shelf.texts.set(item.id, text);
          if (thumb) shelf.thumbs.set(item.id, thumb);
          if (original) shelf.originals.set(item.id, original);
        }
        for (const item of copy.changed) shelf.items.set(item.row, item);
        for (const rejection of copy.rejected) shelf.rejections.set(rejection.path, rejection);
        for (const file of copy.seen) shelf.seen.set(file.path, file);
        if (copy.journal) shelf.journals.set(copy.journal.id, copy.journal);
      }),
    text: async (project, id) => this.#shelf(project).texts.get(id) ?? null,
    texts: async (project, ids) => pick(this.#shelf(project).texts, ids),
    thumb: async (project, id) => this.#shelf(project).thumbs.get(id) ?? null,
    thumbs: async (project, ids) => pick(this.#shelf(project).thumbs, ids),
    original: async (project, id) => this.#shelf(project).originals.get(id) ?? null,
    originals: async (project, ids) => pick(this.#shelf(project).originals, ids),
    rejections: async (project) => sortedValues(this.#shelf(project).rejections),
    journals: async (project) =>
      copyOf([...this.#shelf(project).journals.values()].sort((a, b) => a.startedAt - b.startedAt)),
    seenFiles: async (project) => sortedValues(this.#shelf(project).seen),
  };

  readonly embeddings: EmbeddingStore = {
    append: async (project, key, chunk) => {
      checkChunk(chunk);
      const own = { ...chunk, data: new Float32Array(chunk.data) };
      await this.#write('embeddings.append', own, (copy) => {
        const chunks = this.#shelf(project).chunks;
        chunks.set(key, [...(chunks.get(key) ?? []), copy]);
      });
    },
    ids: async (project, key) => (this.#shelf(project).chunks.get(key) ?? []).flatMap((c) => [...c.ids]),
    chunks: async (project, key) => copyOf(this.#shelf(project).chunks.get(key) ?? []),
    keys: async (project) => [...this.#shelf(project).chunks.keys()].sort(),
    elsewhere: (project, key, wanted) => this.#elsewhere(project, key, wanted),
    clear: (project, key) =>
      this.#write('embeddings.clear', key, () => {
        this.#shelf(project).chunks.delete(key);
        this.#shelf(project).encoders.delete(key);
      }),
    getEncoderState: async (project, key) => copyOf(this.#shelf(project).encoders.get(key) ?? null),
    putEncoderState: (project, key, state) =>
      this.#write('embeddings.putEncoderState', state, (copy) => void this.#shelf(project).encoders.set(key, copy)),
  };

  async *#elsewhere(project: ProjectId, key: string, wanted: ReadonlySet<ItemId>): AsyncGenerator<ForeignChunk> {
    const left = new Set(wanted);
    for (const other of this.#summaries.keys()) {
      if (other === project) continue;
      for (const chunk of this.#shelf(other).chunks.get(key) ?? []) {
        const rows = rowsOf(await Promise.resolve(chunk), left);
        for (const id of rows.ids) left.delete(id);
        if (rows.ids.length > 0) yield { ...rows, project: other };
      }
    }
  }

  readonly heads: HeadStore = {
    put: (project, head) =>
      this.#write('heads.put', head, (copy) => void this.#shelf(project).heads.set(copy.version, copy)),
    get: async (project, version) => copyOf(this.#shelf(project).heads.get(version) ?? null),
    all: async (project) => copyOf([...this.#shelf(project).heads.values()].sort((a, b) => a.version - b.version)),
  };

  /** What is kept stays: closing and opening the same instance again is what a reload does. */
  close(): void {
    this.failWrite = null;
  }
}

function copyOf<T>(value: T): T {
  return structuredClone(value);
}
function pick<T>(map: ReadonlyMap<string, T>, ids: readonly ItemId[]): (T | null)[] {
  return ids.map((id) => map.get(id) ?? null);
}
function sortedValues<T>(map: ReadonlyMap<string, T>): T[] {
  return copyOf([...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value));
}
