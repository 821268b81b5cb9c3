import type { WinnowEvent } from '../../domain/events.ts';
import type { Head } from '../../domain/head.ts';
import type { ProjectId } from '../../domain/ids.ts';
import { parseEvents } from '../../formats/validate-events.ts';
import type { EventStore, HeadStore, ProjectStore, ProjectSummary } from '../../loop/ports.ts';
import { guarded, PROJECT_STORES, projectRange, type Database } from './database.ts';

export class IdbProjectStore implements ProjectStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }
  async list(): Promise<readonly ProjectSummary[]> {
    const all = await this.#db.getAll('projects');
    return all.sort((a, b) => b.openedAt - a.openedAt);
  }
  async get(id: ProjectId): Promise<ProjectSummary | null> {
    return (await this.#db.get('projects', id)) ?? null;
  }
  put(summary: ProjectSummary): Promise<void> {
    return guarded(async () => {
      await this.#db.put('projects', summary);
    });
  }
  remove(id: ProjectId): Promise<void> {
    return guarded(async () => {
      const tx = this.#db.transaction(['projects', ...PROJECT_STORES], 'readwrite');
      const range = projectRange(id);
      const work: Promise<unknown>[] = [tx.objectStore('projects').delete(id)];
      for (const store of PROJECT_STORES) work.push(tx.objectStore(store).delete(range));
      await Promise.all([...work, tx.done]);
    });
  }
  async getHandle(id: ProjectId): Promise<unknown> {
    return (await this.#db.get('handles', [id])) ?? null;
  }
  putHandle(id: ProjectId, handle: unknown): Promise<void> {
    return guarded(async () => {
      await this.#db.put('handles', handle, [id]);
    });
  }
}

export class IdbEventStore implements EventStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }
  append(project: ProjectId, events: readonly WinnowEvent[]): Promise<void> {
    return guarded(async () => {
      const tx = this.#db.transaction('events', 'readwrite', { durability: 'strict' });
      const work = events.map((event) => tx.store.add(event, [project, event.seq, event.id]));
      await Promise.all([...work, tx.done]);
    });
  }
  async read(project: ProjectId): Promise<WinnowEvent[]> {
    return parseEvents(await this.#db.getAll('events', projectRange(project)));
  }
}

export class IdbHeadStore implements HeadStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }
  put(project: ProjectId, head: Head): Promise<void> {
    return guarded(async () => {
      await this.#db.put('heads', head, [project, head.version]);
    });
  }
  async get(project: ProjectId, version: number): Promise<Head | null> {
    return (await this.#db.get('heads', [project, version])) ?? null;
  }
  all(project: ProjectId): Promise<Head[]> {
    return this.#db.getAll('heads', projectRange(project));
  }
}
