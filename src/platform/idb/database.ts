import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { WinnowError } from '../../domain/errors.ts';
import type { WinnowEvent } from '../../domain/events.ts';
import type { Head } from '../../domain/head.ts';
import type { ItemId } from '../../domain/ids.ts';
import type { Item, Rejection } from '../../domain/item.ts';
import type { ImportJournal, ProjectSummary, SeenFile } from '../../loop/ports.ts';

/** Version of the stores below. A change needs a migration in `upgrade` and a frozen fixture. */
export const DATABASE_VERSION = 1;
export const DATABASE_NAME = 'winnow';

export interface ChunkRecord {
  readonly project: string;
  readonly key: string;
  readonly ids: readonly ItemId[];
  readonly dim: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Every store except `projects` has keys that begin with the project's id, so one range removes a project. */
export interface WinnowDb extends DBSchema {
  projects: { key: string; value: ProjectSummary };
  handles: { key: [string]; value: unknown };
  events: { key: [string, number, string]; value: WinnowEvent };
  items: { key: [string, number]; value: Item };
  texts: { key: [string, string]; value: string };
  thumbs: { key: [string, string]; value: Blob };
  originals: { key: [string, string]; value: Blob };
  rejections: { key: [string, string]; value: Rejection };
  journals: { key: [string, string]; value: ImportJournal };
  seen: { key: [string, string]; value: SeenFile };
  chunks: { key: [string, string, number]; value: ChunkRecord };
  encoders: { key: [string, string]; value: unknown };
  heads: { key: [string, number]; value: Head };
}

export const PROJECT_STORES = [
  'handles',
  'events',
  'items',
  'texts',
  'thumbs',
  'originals',
  'rejections',
  'journals',
  'seen',
  'chunks',
  'encoders',
  'heads',
] as const;

export type Database = IDBPDatabase<WinnowDb>;

/** Opens the database. Throws `storage-unavailable` where the browser refuses, `storage-blocked` while an older tab is open. */
export async function openDatabase(name = DATABASE_NAME): Promise<Database> {
  if (typeof indexedDB === 'undefined') throw new WinnowError('storage-unavailable');
  let isBlocked = false;
  try {
    const opening = openDB<WinnowDb>(name, DATABASE_VERSION, {
      upgrade(db) {
        db.createObjectStore('projects', { keyPath: 'id' });
        for (const store of PROJECT_STORES) db.createObjectStore(store);
      },
      blocked: () => {
        isBlocked = true;
      },
      blocking: (_current, _wanted, event) => {
        (event.target as IDBDatabase).close();
      },
    });
    const patience = new Promise<never>((_, reject) => {
      setTimeout(() => {
        if (isBlocked) reject(new WinnowError('storage-blocked'));
      }, 3000);
    });
    return await Promise.race([opening, patience]);
  } catch (error) {
    if (error instanceof WinnowError) throw error;
    throw new WinnowError('storage-unavailable', '', { cause: error });
  }
}

/** Keys of one project: from `[id]` to just before the next string. */
export function projectRange(project: string, ...more: string[]): IDBKeyRange {
  return IDBKeyRange.bound([project, ...more], [project, ...more, []]);
}

/** Runs a write and gives storage failures their code. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'QuotaExceededError') {
      throw new WinnowError('storage-full', '', { cause: error });
    }
    if (error instanceof Error && error.name === 'InvalidStateError') {
      throw new WinnowError('storage-blocked', '', { cause: error });
    }
    throw error;
  }
}
