import { deleteDB, openDB, unwrap } from 'idb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { WinnowEvent } from '../../src/domain/events.ts';
import { itemId, projectId } from '../../src/domain/ids.ts';
import type { NewItem } from '../../src/loop/storage-ports.ts';
import { DATABASE_VERSION, openDatabase } from '../../src/platform/idb/database.ts';
import { IdbStorage } from '../../src/platform/idb/idb-storage.ts';
import { storageContract } from '../contract/storage-contract.ts';

const NAME = 'winnow-test';
const P = projectId('p');
storageContract(
  'IndexedDB',
  () => IdbStorage.open(NAME),
  () => deleteDB(NAME),
);

interface Buckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}

/** Text that can't be compressed: Chromium counts the bytes that it writes. */
function noise(length: number): string {
  let text = '';
  while (text.length < length) {
    text += String.fromCharCode(...crypto.getRandomValues(new Uint16Array(4096)).map((n) => 0x4e00 + (n % 20_000)));
  }
  return text;
}

const hex = (n: number) => itemId(n.toString(16).padStart(64, '0'));
const newItem = (row: number, original: Blob | null = null): NewItem => ({
  item: {
    id: hex(row),
    row,
    modality: 'image',
    paths: [`folder/sub/picture-${row}.jpg`],
    sizeBytes: 10_000,
    width: 640,
    height: 480,
    preview: '',
    hint: 'sub',
  },
  text: null,
  thumb: null,
  original,
});
const batch = (added: NewItem[]) => ({ added, changed: [], rejected: [], seen: [], journal: null });
const label = (seq: number): WinnowEvent =>
  ({
    kind: 'label',
    id: `event-${seq}`,
    seq,
    at: 1_700_000_000_000 + seq,
    item: hex(seq % 20_000),
    classId: 'class',
    annotator: 'me',
    durationMs: 812,
    suggestion: { classId: 'class', probability: 0.75 },
    round: 3,
    strategy: 'margin-kmeans',
    modelVersion: 2,
  }) as unknown as WinnowEvent;

describe('IndexedDB storage', () => {
  afterEach(async () => {
    vi.restoreAllMocks();
    await deleteDB(NAME);
  });

  it('asks for strict durability when it appends events', async () => {
    const asked = vi.spyOn(IDBDatabase.prototype, 'transaction');
    const storage = await IdbStorage.open(NAME);
    await storage.events.append(P, [label(1)]);
    expect(asked.mock.calls.at(-1)).toEqual([['events'], 'readwrite', { durability: 'strict' }]);
    storage.close();
  });

  it('says that storage is unavailable where the browser refuses to open', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    });
    await expect(openDatabase(NAME)).rejects.toMatchObject({ name: 'WinnowError', code: 'storage-unavailable' });
  });

  it('says so when a newer version has written the database', async () => {
    (await openDB(NAME, DATABASE_VERSION + 1)).close();
    await expect(openDatabase(NAME)).rejects.toMatchObject({
      code: 'storage-unavailable',
      detail: expect.stringContaining('newer version') as string,
    });
  });

  it('says that storage is blocked while an older tab does not let go', async () => {
    const older = await new Promise<IDBDatabase>((resolve, reject) => {
      // Version 1 is the oldest there is, so a deletion that waits for this connection plays the newer version.
      const request = indexedDB.open(NAME, DATABASE_VERSION);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('open failed'));
    });
    const deletion = deleteDB(NAME);
    const opening = openDatabase(NAME, 300);
    const outcome = await Promise.race([
      opening.then(
        () => 'open',
        (error: unknown) => (error as { code?: string }).code,
      ),
      new Promise((resolve) => setTimeout(resolve, 5000, 'waits for ever')),
    ]);
    older.close();
    await deletion;
    expect(outcome).toBe('storage-blocked');
  });

  it('lets go when a newer version wants in, and then refuses with a code, never silently', async () => {
    const storage = await IdbStorage.open(NAME);
    await storage.events.append(P, [label(1)]);
    const newer = await openDB(NAME, DATABASE_VERSION + 1);
    await expect(storage.events.append(P, [label(2)])).rejects.toMatchObject({ code: 'storage-blocked' });
    await expect(storage.events.read(P)).rejects.toMatchObject({ code: 'storage-blocked' });
    newer.close();
  });

  it('never reports a failed write as an AbortError, which the app would take for a cancellation', async () => {
    const storage = await IdbStorage.open(NAME);
    await storage.events.append(P, [label(1)]);
    const writes = Array.from({ length: 50 }, (_, i) => label(50 - i));
    const failure: unknown = await storage.events.append(P, writes).catch((e: unknown) => e);
    expect(failure).toMatchObject({ name: 'WinnowError', code: 'unexpected' });
    expect((await storage.events.read(P)).map((e) => e.seq)).toEqual([1]);
    storage.close();
  });

  it('undoes the whole batch and says that storage is full when the quota is exceeded', async () => {
    // A storage bucket is the one place with a quota that a page can choose.
    const { storageBuckets } = navigator as unknown as { storageBuckets: Buckets };
    // It stays until the next run: deleting it right after the last write would end the connection by force.
    await storageBuckets.delete('small');
    const bucket = await storageBuckets.open('small', { quota: 4_000_000 });
    vi.stubGlobal('indexedDB', bucket.indexedDB);
    const storage = await IdbStorage.open(NAME);
    try {
      await storage.items.commit(P, batch([newItem(0, new Blob(['kept']))]));
      const big = [1, 2, 3, 4].map((row) => ({ ...newItem(row, new Blob(['gone'])), text: noise(1_000_000) }));
      await expect(storage.items.commit(P, batch(big))).rejects.toMatchObject({ code: 'storage-full' });
      expect((await storage.items.all(P)).map((i) => i.row)).toEqual([0]);
      expect(await (await storage.items.original(P, hex(0)))?.text()).toBe('kept');
      expect(await storage.items.original(P, hex(1))).toBeNull();

      const data = new Float32Array(2_000_000).map((_, i) => Math.sin(i));
      const chunk = { ids: Array.from({ length: 1000 }, (_, i) => hex(i)), dim: 2000, data };
      await expect(storage.embeddings.append(P, 'k', chunk)).rejects.toMatchObject({ code: 'storage-full' });
      expect(await storage.embeddings.ids(P, 'k')).toEqual([]);
    } finally {
      storage.close();
      vi.unstubAllGlobals();
    }
  });

  it('refuses to store an event that it could not read again', async () => {
    const storage = await IdbStorage.open(NAME);
    const bad = { ...label(2), durationMs: Number.NaN };
    await expect(storage.events.append(P, [label(1), bad])).rejects.toMatchObject({ code: 'unexpected' });
    expect(await storage.events.read(P)).toEqual([]);
    storage.close();
  });

  it('refuses a log, an item or a checkpoint that was damaged on disk instead of trusting it', async () => {
    const storage = await IdbStorage.open(NAME);
    const db = await openDatabase(NAME);
    const damaged = { ...label(2), durationMs: 'long' } as unknown as WinnowEvent;
    await db.put('events', damaged, [P, 2, 'event-2']);
    await db.put('items', { ...newItem(0).item, id: itemId('x') }, [P, 0]);
    const head = { version: 1, encoder: 'e', classes: [], dim: 2, mean: new Float32Array(1), scale: 1, lambda: 1 };
    await db.put('heads', { ...head, weights: new Float32Array(0), bias: new Float32Array(0) }, [P, 1]);
    db.close();
    await expect(storage.events.read(P)).rejects.toMatchObject({ code: 'unexpected' });
    await expect(storage.items.all(P)).rejects.toMatchObject({ code: 'unexpected' });
    await expect(storage.heads.get(P, 1)).rejects.toMatchObject({ code: 'unexpected' });
    await expect(storage.heads.all(P)).rejects.toMatchObject({ code: 'unexpected' });
    storage.close();
  });

  it('keeps embeddings as plain float32 buffers', async () => {
    const storage = await IdbStorage.open(NAME);
    await storage.embeddings.append(P, 'k', { ids: [hex(1)], dim: 2, data: Float32Array.of(1, 2) });
    const db = await openDB(NAME, DATABASE_VERSION);
    const raw: unknown = (await db.getAll('vectors'))[0];
    expect(raw).toBeInstanceOf(Float32Array);
    expect((raw as Float32Array).byteLength).toBe(8);
    unwrap(db).close();
    storage.close();
  });

  it('opens 20,000 items and 20,000 labels about as quickly as the database gives them away', async () => {
    const storage = await IdbStorage.open(NAME);
    for (let start = 0; start < 20_000; start += 2000) {
      await storage.items.commit(P, batch(Array.from({ length: 2000 }, (_, i) => newItem(start + i))));
    }
    await storage.events.append(
      P,
      Array.from({ length: 20_000 }, (_, i) => label(i + 1)),
    );
    for (let start = 0; start < 20_000; start += 256) {
      const ids = Array.from({ length: Math.min(256, 20_000 - start) }, (_, i) => hex(start + i));
      await storage.embeddings.append(P, 'k', { ids, dim: 256, data: new Float32Array(ids.length * 256).fill(0.5) });
    }
    const db = await openDB(NAME, DATABASE_VERSION);
    const reads: Record<string, () => Promise<readonly unknown[]>> = {
      items: () => storage.items.all(P),
      // The same machine in the same moment is the measure: a bare read of everything at once, unchecked.
      bareItems: () => db.getAll('items'),
      events: () => storage.events.read(P),
      bareEvents: () => db.getAll('events'),
      ids: () => storage.embeddings.ids(P, 'k'),
      chunks: () => storage.embeddings.chunks(P, 'k'),
    };
    const best: Record<string, number> = {};
    for (let turn = 0; turn < 4; turn++) {
      for (const [name, read] of Object.entries(reads)) {
        const from = performance.now();
        const { length } = await read();
        best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, performance.now() - from);
        expect(length).toBeGreaterThan(0);
      }
    }
    unwrap(db).close();
    const { items = 0, bareItems = 0, events = 0, bareEvents = 0, ids = 0 } = best;
    console.log(`20,000, ms: ${JSON.stringify(best, (_, x: unknown) => (typeof x === 'number' ? Math.round(x) : x))}`);
    expect(items).toBeLessThan(3 * bareItems);
    expect(events).toBeLessThan(3 * bareEvents);
    expect(ids).toBeLessThan(bareItems);
    storage.close();
  });
});
