import { expect, type Page } from '@playwright/test';
import type { WinnowEvent } from '../../../src/domain/events.ts';
import type { Item, Rejection } from '../../../src/domain/item.ts';
import type { ChunkRecord } from '../../../src/platform/idb/database.ts';
import type { ImportJournal, ProjectSummary } from '../../../src/loop/storage-ports.ts';

/** What the browser's database holds, over all projects, in the order of keys. */
interface Stores {
  projects: ProjectSummary;
  items: Item;
  texts: string;
  rejections: Rejection;
  journals: ImportJournal;
  events: WinnowEvent;
  chunks: ChunkRecord;
  vectors: Float32Array;
}

/** Every value of one store; `project` = only this project's. */
export async function stored<S extends keyof Stores>(page: Page, store: S, project?: string): Promise<Stores[S][]> {
  const values = await page.evaluate(
    ([name, id]) =>
      new Promise<unknown[]>((resolve, reject) => {
        const opening = indexedDB.open('winnow');
        opening.onerror = () => reject(new Error('The database could not be opened.'));
        opening.onsuccess = () => {
          const db = opening.result;
          const range = id === null ? null : IDBKeyRange.bound([id], [id, []]);
          const reading = db.transaction(name).objectStore(name).getAll(range);
          reading.onsuccess = () => {
            db.close();
            resolve(reading.result);
          };
          reading.onerror = () => reject(new Error('The store could not be read.'));
        };
      }),
    [store, project ?? null] as const,
  );
  return values as Stores[S][];
}

/** Path to reason of everything that was refused. */
export async function refusals(page: Page): Promise<Record<string, string>> {
  return Object.fromEntries((await stored(page, 'rejections')).map((r) => [r.path, r.reason]));
}

/** Every path of every item, sorted; a path that two items claim is there twice. */
export async function importedPaths(page: Page): Promise<string[]> {
  return (await stored(page, 'items')).flatMap((item) => item.paths).sort();
}

/** How many entries a store holds; `project` = only this project's. */
export function storedCount(page: Page, store: string, project?: string): Promise<number> {
  return page.evaluate(
    ([name, id]) =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('winnow');
        opening.onerror = () => reject(new Error('The database could not be opened.'));
        opening.onsuccess = () => {
          const db = opening.result;
          const range = id === null ? undefined : IDBKeyRange.bound([id], [id, []]);
          const counting = db.transaction(name).objectStore(name).count(range);
          counting.onsuccess = () => {
            db.close();
            resolve(counting.result);
          };
          counting.onerror = () => reject(new Error('The store could not be counted.'));
        };
      }),
    [store, project ?? null] as const,
  );
}

/** Waits until at least `count` entries are there, looking often: the work must not be done before somebody looks. */
export async function untilStored(page: Page, store: string, count: number): Promise<void> {
  await expect.poll(() => storedCount(page, store), { intervals: [10], timeout: 30_000 }).toBeGreaterThanOrEqual(count);
}

/** Fails unless the items of the one project are exactly those of `paths`, each once, in rows without a gap. */
export async function expectWhole(page: Page, paths: readonly string[]): Promise<void> {
  const items = await stored(page, 'items');
  expect(items.flatMap((item) => item.paths).sort()).toEqual([...paths].sort());
  expect(items.map((item) => item.row)).toEqual(items.map((_, row) => row));
  expect(new Set(items.map((item) => item.id)).size).toBe(items.length);
}
