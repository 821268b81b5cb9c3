import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectId } from '../../src/domain/ids.ts';
import { DATABASE_NAME } from '../../src/platform/idb/database.ts';
import { IdbStorage } from '../../src/platform/idb/idb-storage.ts';
import { WorkerBundles } from '../../src/platform/workers/bundle-client.ts';
import { hex, itemAt, KEY, STATE, storeProject } from '../fixtures/bundle-project.ts';

const HERE = projectId('here');
const THERE = projectId('there');
const CANCELLED = projectId('cancelled');
const bundles = new WorkerBundles({ now: () => 5 });
/** Never aborted. */
const { signal } = new AbortController();
const quiet = (): void => undefined;

/** Longest task of the main thread while `work` runs, milliseconds; 0 when none took more than 50. */
async function longestTask(work: () => Promise<unknown>): Promise<number> {
  const tasks: number[] = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
  observer.observe({ type: 'longtask' });
  await work();
  // Reports of the last task come after it.
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return Math.max(0, ...tasks);
}

describe('project files through the worker', () => {
  let storage: IdbStorage;
  beforeEach(async () => {
    storage = await IdbStorage.open();
  });
  afterEach(async () => {
    storage.close();
    await deleteDB(DATABASE_NAME);
  });

  it('pack a project and open it again beside the first, with progress', async () => {
    await storeProject(storage, HERE, 'image');
    const file = await bundles.write(HERE, true, signal, quiet);
    const reports: [number, number][] = [];
    await bundles.read(file, THERE, signal, (done, total) => reports.push([done, total]));
    expect(reports.length).toBeGreaterThan(0);
    expect((await storage.projects.list()).map((p) => p.id)).toEqual([THERE, HERE]);
    expect(await storage.events.read(THERE)).toEqual(await storage.events.read(HERE));
    expect(await storage.items.all(THERE)).toEqual(await storage.items.all(HERE));
    expect(await storage.embeddings.chunks(THERE, KEY)).toEqual(await storage.embeddings.chunks(HERE, KEY));
    expect(await storage.embeddings.getEncoderState(THERE, KEY)).toEqual(STATE);
    expect(await storage.heads.all(THERE)).toEqual(await storage.heads.all(HERE));
    expect(await (await storage.items.original(THERE, hex(2)))?.text()).toBe('original 2'.repeat(50));
    expect((await storage.items.thumb(THERE, hex(2)))?.type).toBe('image/webp');
  });

  it('refuse a damaged file with its code and touch nothing', async () => {
    await storeProject(storage, HERE, 'text');
    const file = await bundles.write(HERE, false, signal, quiet);
    const bytes = new Uint8Array(await file.arrayBuffer());
    bytes[Math.floor(bytes.length / 3)] = (bytes[Math.floor(bytes.length / 3)] ?? 0) ^ 0xff;
    await expect(bundles.read(new Blob([bytes]), THERE, signal, quiet)).rejects.toMatchObject({
      name: 'WinnowError',
      code: 'bundle-corrupt',
    });
    await expect(bundles.read(new Blob(['?']), THERE, signal, quiet)).rejects.toMatchObject({ code: 'bundle-corrupt' });
    expect((await storage.projects.list()).map((p) => p.id)).toEqual([HERE]);
    expect(await storage.items.all(THERE)).toEqual([]);
  });

  it('leave the main thread free while a large project is packed and opened', async () => {
    await storeProject(storage, HERE, 'text');
    for (let start = 6; start < 10_000; start += 500) {
      const rows = Array.from({ length: Math.min(500, 10_000 - start) }, (_, i) => start + i);
      await storage.items.commit(HERE, {
        added: rows.map((row) => ({
          item: itemAt(row, 'text'),
          text: `Text ${row} `.repeat(20),
          thumb: null,
          original: null,
        })),
        changed: [],
        rejected: [],
        seen: [],
        journal: null,
      });
      const data = new Float32Array(rows.length * 256).map((_, i) => Math.sin(start + i));
      await storage.embeddings.append(HERE, 'large', { ids: rows.map(hex), dim: 256, data });
    }
    const from = performance.now();
    let file = new Blob();
    const packTask = await longestTask(async () => {
      file = await bundles.write(HERE, false, signal, quiet);
    });
    const middle = performance.now();
    const openTask = await longestTask(() => bundles.read(file, THERE, signal, quiet));
    const end = performance.now();
    console.log(
      `10,000 texts: ${(file.size / 1e6).toFixed(1)} MB, packed in ${(middle - from).toFixed()} ms, opened in ${(end - middle).toFixed()} ms, ` +
        `longest task ${packTask.toFixed()} and ${openTask.toFixed()} ms`,
    );
    const cancelling = new AbortController();
    const cancelled = bundles.read(file, CANCELLED, cancelling.signal, (done, total) => {
      if (done > total / 2) cancelling.abort();
    });
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect((await storage.projects.list()).map((p) => p.id)).toEqual([THERE, HERE]);
    await storage.projects.remove(CANCELLED);
    expect(await storage.projects.unlisted()).toEqual([]);
    expect(packTask).toBeLessThan(100);
    expect(openTask).toBeLessThan(100);
    expect(await storage.items.all(THERE)).toHaveLength(10_000);
  });
});
