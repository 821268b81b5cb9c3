import type { ItemId, ProjectId } from '../../domain/ids.ts';
import type { Item, Rejection } from '../../domain/item.ts';
import type { ImportJournal, ItemChange, ItemStore, SeenFile } from '../../loop/ports.ts';
import { guarded, projectRange, type Database } from './database.ts';

type Store = 'texts' | 'thumbs' | 'originals';

export class IdbItemStore implements ItemStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  all(project: ProjectId): Promise<Item[]> {
    return this.#db.getAll('items', projectRange(project));
  }

  commit(project: ProjectId, change: ItemChange): Promise<void> {
    return guarded(async () => {
      const stores = ['items', 'texts', 'thumbs', 'originals', 'rejections', 'seen', 'journals'] as const;
      const tx = this.#db.transaction(stores, 'readwrite');
      const work: Promise<unknown>[] = [];
      for (const { item, text, thumb, original } of change.added) {
        work.push(tx.objectStore('items').put(item, [project, item.row]));
        if (text !== null) work.push(tx.objectStore('texts').put(text, [project, item.id]));
        if (thumb) work.push(tx.objectStore('thumbs').put(thumb, [project, item.id]));
        if (original) work.push(tx.objectStore('originals').put(original, [project, item.id]));
      }
      for (const item of change.changed) work.push(tx.objectStore('items').put(item, [project, item.row]));
      for (const r of change.rejected) work.push(tx.objectStore('rejections').put(r, [project, r.path]));
      for (const s of change.seen) work.push(tx.objectStore('seen').put(s, [project, s.path]));
      if (change.journal) work.push(tx.objectStore('journals').put(change.journal, [project, change.journal.id]));
      // A failed request also fails the transaction; the rest must not become unhandled rejections.
      const settled = Promise.all(work);
      settled.catch(() => undefined);
      await tx.done;
      await settled;
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
    return this.#db.getAll('rejections', projectRange(project));
  }
  async journals(project: ProjectId): Promise<ImportJournal[]> {
    const all = await this.#db.getAll('journals', projectRange(project));
    return all.sort((a, b) => a.startedAt - b.startedAt);
  }
  seenFiles(project: ProjectId): Promise<SeenFile[]> {
    return this.#db.getAll('seen', projectRange(project));
  }

  async #one<S extends Store>(store: S, project: ProjectId, id: ItemId): Promise<StoreValue<S> | null> {
    const value = await this.#db.get(store, [project, id]);
    return (value as StoreValue<S> | undefined) ?? null;
  }
  async #many<S extends Store>(
    store: S,
    project: ProjectId,
    ids: readonly ItemId[],
  ): Promise<(StoreValue<S> | null)[]> {
    const tx = this.#db.transaction(store);
    const values = await Promise.all(ids.map((id) => tx.store.get([project, id])));
    return values.map((v) => (v as StoreValue<S> | undefined) ?? null);
  }
}

type StoreValue<S extends Store> = S extends 'texts' ? string : Blob;
