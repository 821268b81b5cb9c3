import type { ItemId, ProjectId } from '../../domain/ids.ts';
import type { Item, Rejection } from '../../domain/item.ts';
import { parseItems } from '../../formats/validate-items.ts';
import type { ImportJournal, ItemChange, ItemStore, SeenFile } from '../../loop/storage-ports.ts';
import { projectRange, type Database } from './database.ts';
import { readPages } from './pages.ts';
import { reading, transact } from './transact.ts';

type Store = 'texts' | 'thumbs' | 'originals';
const STORES = ['items', 'texts', 'thumbs', 'originals', 'rejections', 'seen', 'journals'] as const;

/** Items read in one task: some milliseconds. */
const PAGE = 1000;

export class IdbItemStore implements ItemStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  async all(project: ProjectId): Promise<Item[]> {
    const items: Item[] = [];
    await reading(() =>
      readPages(this.#db.transaction('items').store, projectRange(project), PAGE, (page) => {
        for (const item of parseItems(page, items.length)) items.push(item);
      }),
    );
    return items;
  }

  commit(project: ProjectId, change: ItemChange): Promise<void> {
    return transact(this.#db, STORES, (tx, keep) => {
      const [items, texts] = [tx.objectStore('items'), tx.objectStore('texts')];
      const [thumbs, originals] = [tx.objectStore('thumbs'), tx.objectStore('originals')];
      for (const { item, text, thumb, original } of change.added) {
        keep(items.put(item, [project, item.row]));
        if (text !== null) keep(texts.put(text, [project, item.id]));
        if (thumb) keep(thumbs.put(thumb, [project, item.id]));
        if (original) keep(originals.put(original, [project, item.id]));
      }
      for (const item of change.changed) keep(items.put(item, [project, item.row]));
      for (const r of change.rejected) keep(tx.objectStore('rejections').put(r, [project, r.path]));
      for (const s of change.seen) keep(tx.objectStore('seen').put(s, [project, s.path]));
      if (change.journal) keep(tx.objectStore('journals').put(change.journal, [project, change.journal.id]));
    });
  }

  text(project: ProjectId, id: ItemId): Promise<string | null> {
    return this.#one('texts', project, id);
  }
  texts(project: ProjectId, ids: readonly ItemId[]): Promise<(string | null)[]> {
    return this.#many('texts', project, ids);
  }
  thumb(project: ProjectId, id: ItemId): Promise<Blob | null> {
    return this.#one('thumbs', project, id);
  }
  thumbs(project: ProjectId, ids: readonly ItemId[]): Promise<(Blob | null)[]> {
    return this.#many('thumbs', project, ids);
  }
  original(project: ProjectId, id: ItemId): Promise<Blob | null> {
    return this.#one('originals', project, id);
  }
  originals(project: ProjectId, ids: readonly ItemId[]): Promise<(Blob | null)[]> {
    return this.#many('originals', project, ids);
  }
  rejections(project: ProjectId): Promise<Rejection[]> {
    return reading(() => this.#db.getAll('rejections', projectRange(project)));
  }
  async journals(project: ProjectId): Promise<ImportJournal[]> {
    const all = await reading(() => this.#db.getAll('journals', projectRange(project)));
    return all.sort((a, b) => a.startedAt - b.startedAt);
  }
  seenFiles(project: ProjectId): Promise<SeenFile[]> {
    return reading(() => this.#db.getAll('seen', projectRange(project)));
  }

  async #one<S extends Store>(store: S, project: ProjectId, id: ItemId): Promise<StoreValue<S> | null> {
    const value = await reading(() => this.#db.get(store, [project, id]));
    return (value as StoreValue<S> | undefined) ?? null;
  }
  async #many<S extends Store>(
    store: S,
    project: ProjectId,
    ids: readonly ItemId[],
  ): Promise<(StoreValue<S> | null)[]> {
    const values = await reading(() => {
      const tx = this.#db.transaction(store);
      return Promise.all(ids.map((id) => tx.store.get([project, id])));
    });
    return values.map((v) => (v as StoreValue<S> | undefined) ?? null);
  }
}

type StoreValue<S extends Store> = S extends 'texts' ? string : Blob;
