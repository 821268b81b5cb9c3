import type { Storage } from '../../loop/storage-ports.ts';
import { openDatabase, type Database } from './database.ts';
import { IdbEmbeddingStore } from './idb-embedding-store.ts';
import { IdbItemStore } from './idb-item-store.ts';
import { IdbEventStore, IdbHeadStore, IdbProjectStore } from './idb-project-store.ts';

/** The whole storage port on one IndexedDB database. */
export class IdbStorage implements Storage {
  readonly projects: IdbProjectStore;
  readonly events: IdbEventStore;
  readonly items: IdbItemStore;
  readonly embeddings: IdbEmbeddingStore;
  readonly heads: IdbHeadStore;
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    this.projects = new IdbProjectStore(db);
    this.events = new IdbEventStore(db);
    this.items = new IdbItemStore(db);
    this.embeddings = new IdbEmbeddingStore(db);
    this.heads = new IdbHeadStore(db);
  }

  static async open(name?: string): Promise<IdbStorage> {
    return new IdbStorage(await openDatabase(name));
  }

  close(): void {
    this.#db.close();
  }
}
