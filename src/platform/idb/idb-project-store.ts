import type { WinnowEvent } from '../../domain/events.ts';
import type { Head } from '../../domain/head.ts';
import { projectId, type ProjectId } from '../../domain/ids.ts';
import { parseEvents } from '../../formats/validate-events.ts';
import { parseHead } from '../../formats/validate-items.ts';
import type { EventStore, HeadStore, ProjectStore, ProjectSummary } from '../../loop/storage-ports.ts';
import { PROJECT_STORES, projectRange, type Database } from './database.ts';
import { readPages } from './pages.ts';
import { reading, transact } from './transact.ts';

export class IdbProjectStore implements ProjectStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }
  async list(): Promise<readonly ProjectSummary[]> {
    const all = await reading(() => this.#db.getAll('projects'));
    return all.sort((a, b) => b.openedAt - a.openedAt);
  }
  async get(id: ProjectId): Promise<ProjectSummary | null> {
    return (await reading(() => this.#db.get('projects', id))) ?? null;
  }
  put(summary: ProjectSummary): Promise<void> {
    return transact(this.#db, ['projects'], (tx, keep) => keep(tx.objectStore('projects').put(summary)), 'default');
  }
  /** Looks at one key of each project in each store. */
  unlisted(): Promise<ProjectId[]> {
    return reading(async () => {
      const tx = this.#db.transaction(['projects', ...PROJECT_STORES]);
      const listed = new Set(await tx.objectStore('projects').getAllKeys());
      const found = new Set<string>();
      for (const name of PROJECT_STORES) {
        const store = tx.objectStore(name);
        let cursor = await store.openKeyCursor();
        while (cursor) {
          const [id] = cursor.key;
          found.add(id);
          cursor = await store.openKeyCursor(IDBKeyRange.lowerBound([id, []], true));
        }
      }
      return [...found].filter((id) => !listed.has(id)).map(projectId);
    });
  }
  remove(id: ProjectId): Promise<void> {
    const range = projectRange(id);
    return transact(this.#db, ['projects', ...PROJECT_STORES], (tx, keep) => {
      keep(tx.objectStore('projects').delete(id));
      for (const store of PROJECT_STORES) keep(tx.objectStore(store).delete(range));
    });
  }
  async getHandle(id: ProjectId): Promise<unknown> {
    return (await reading(() => this.#db.get('handles', [id]))) ?? null;
  }
  putHandle(id: ProjectId, handle: unknown): Promise<void> {
    return transact(this.#db, ['handles'], (tx, keep) => keep(tx.objectStore('handles').put(handle, [id])));
  }
}

/** Events read in one task: some milliseconds. */
const PAGE = 500;

export class IdbEventStore implements EventStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }
  /** Throws `unexpected` for an event that could not be read again: one such entry would close the whole project. */
  async append(project: ProjectId, events: readonly WinnowEvent[]): Promise<void> {
    parseEvents(events);
    await transact(this.#db, ['events'], (tx, keep) => {
      for (const event of events) keep(tx.objectStore('events').add(event, [project, event.seq, event.id]));
    });
  }
  async read(project: ProjectId): Promise<WinnowEvent[]> {
    const events: WinnowEvent[] = [];
    await reading(() =>
      readPages(this.#db.transaction('events').store, projectRange(project), PAGE, (page) => {
        // The order of the keys is the order of the log.
        for (const event of parseEvents(page, events.length)) events.push(event);
      }),
    );
    return events;
  }
}

export class IdbHeadStore implements HeadStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }
  put(project: ProjectId, head: Head): Promise<void> {
    return transact(this.#db, ['heads'], (tx, keep) =>
      keep(tx.objectStore('heads').put(head, [project, head.version])),
    );
  }
  async get(project: ProjectId, version: number): Promise<Head | null> {
    const head = await reading(() => this.#db.get('heads', [project, version]));
    return head ? parseHead(head) : null;
  }
  async all(project: ProjectId): Promise<Head[]> {
    return (await reading(() => this.#db.getAll('heads', projectRange(project)))).map(parseHead);
  }
}
