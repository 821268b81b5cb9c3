import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { WinnowError } from '../../domain/errors.ts';
import type { WinnowEvent } from '../../domain/events.ts';
import type { Head } from '../../domain/head.ts';
import type { ItemId } from '../../domain/ids.ts';
import type { Item, Rejection } from '../../domain/item.ts';
import type { ImportJournal, ProjectSummary, SeenFile } from '../../loop/storage-ports.ts';

/** Version of every shape below. A change needs a step in `upgrade` and a frozen fixture of the version before. */
export const DATABASE_VERSION = 1;
export const DATABASE_NAME = 'winnow';
/** How long to wait for other tabs to let go of the database, milliseconds. */
const PATIENCE_MS = 6000;

/** Which items a chunk of embeddings holds; its numbers lie under the same key in `vectors`. */
export interface ChunkRecord {
  readonly ids: readonly ItemId[];
  readonly dim: number;
}

/** Every store except `projects` has keys that begin with the project's id, so one range removes a project. */
export interface WinnowDb extends DBSchema {
  projects: { key: string; value: ProjectSummary };
  handles: { key: [string]; value: unknown };
  /** [project, seq, id]: the order of the log is the order of the keys. */
  events: { key: [string, number, string]; value: WinnowEvent };
  /** [project, row]. Small records only, so that one `getAll` opens a project. */
  items: { key: [string, number]; value: Item };
  texts: { key: [string, string]; value: string };
  thumbs: { key: [string, string]; value: Blob };
  originals: { key: [string, string]; value: Blob };
  rejections: { key: [string, string]; value: Rejection };
  journals: { key: [string, string]; value: ImportJournal };
  seen: { key: [string, string]; value: SeenFile };
  /** [project, embedding key, index]. */
  chunks: { key: [string, string, number]; value: ChunkRecord };
  /** Row-major [ids, dim] of the chunk of the same key. */
  vectors: { key: [string, string, number]; value: Float32Array<ArrayBuffer> };
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
  'vectors',
  'encoders',
  'heads',
] as const;

export type Database = IDBPDatabase<WinnowDb>;

/**
 * Opens the database. Throws `storage-unavailable` where the browser refuses (private mode, site data blocked) or where a
 * newer Winnow has written it, `storage-blocked` while another tab holds an older version. A connection that stands in
 * the way of a newer version, or that the browser ends, is closed: calls after that fail with a code.
 */
export async function openDatabase(name = DATABASE_NAME, patienceMs = PATIENCE_MS): Promise<Database> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const opening = openDB<WinnowDb>(name, DATABASE_VERSION, {
      upgrade(db, oldVersion) {
        if (oldVersion < 1) {
          db.createObjectStore('projects', { keyPath: 'id' });
          for (const store of PROJECT_STORES) db.createObjectStore(store);
        }
      },
      blocking: (_current, _wanted, event) => {
        (event.target as IDBDatabase).close();
      },
    });
    // Not by the `blocked` event: an opening that waits behind another tab's upgrade never gets one.
    const patience = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), patienceMs);
    });
    const db = await Promise.race([opening, patience]);
    if (db) return db;
    // Should the other tab let go later, this connection must not stand in anyone's way.
    opening.then((late) => late.close()).catch(() => undefined);
    throw new WinnowError('storage-blocked');
  } catch (error) {
    if (error instanceof WinnowError) throw error;
    const isNewer = error instanceof DOMException && error.name === 'VersionError';
    const detail = isNewer ? 'What is stored here was written by a newer version of Winnow' : '';
    throw new WinnowError('storage-unavailable', detail, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Keys of one project: from `[id]` to just before the next string. */
export function projectRange(project: string, ...more: string[]): IDBKeyRange {
  return IDBKeyRange.bound([project, ...more], [project, ...more, []]);
}
