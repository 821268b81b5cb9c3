import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WinnowEvent } from '../../src/domain/events.ts';
import type { Head } from '../../src/domain/head.ts';
import { annotator, classId, eventId, itemId, projectId, type ItemId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import type { ImportJournal, ItemChange, NewItem, ProjectSummary, Storage } from '../../src/loop/storage-ports.ts';

const A = projectId('a');
/** Begins with the id of the first: a range that is too wide would catch it. */
const AB = projectId('ab');
const id = (n: number): ItemId => itemId(n.toString(16).padStart(64, '0'));
const item = (row: number): Item => ({
  id: id(1000 - row),
  row,
  modality: 'text',
  paths: [`t.csv#${row}`],
  sizeBytes: 3,
  width: 0,
  height: 0,
  preview: `text ${row}`,
  hint: null,
});
const added = (row: number): NewItem => ({
  item: item(row),
  text: `text ${row}`,
  thumb: new Blob([`thumb ${row}`], { type: 'image/webp' }),
  original: row % 2 === 0 ? new Blob([`original ${row}`], { type: 'image/png' }) : null,
});
const change = (rows: readonly number[], more: Partial<ItemChange> = {}): ItemChange => ({
  added: rows.map(added),
  changed: [],
  rejected: [],
  seen: [],
  journal: null,
  ...more,
});
const label = (seq: number, name = `e${seq}`): WinnowEvent => ({
  kind: 'label',
  id: eventId(name),
  seq,
  at: 5,
  item: id(1),
  classId: classId('c'),
  annotator: annotator('ann'),
  durationMs: 12.5,
  suggestion: { classId: classId('c'), probability: 0.5 },
  round: 1,
  strategy: 'margin',
  modelVersion: null,
});
const summary = (project: typeof A, openedAt: number): ProjectSummary => ({
  id: project,
  name: `Project ${project}`,
  modality: 'text',
  createdAt: 1,
  openedAt,
  itemCount: 2,
  labelCount: 1,
});
const head: Head = {
  version: 3,
  encoder: 'e',
  classes: [classId('x'), classId('y')],
  dim: 2,
  mean: Float32Array.of(0.5, -0.5),
  scale: 1.5,
  weights: Float32Array.of(1, 2, 3, 4),
  bias: Float32Array.of(0, 1),
  lambda: 0.01,
};
const journal: ImportJournal = {
  id: 'j',
  sourceName: 'folder',
  total: 4,
  done: 2,
  isFinished: false,
  startedAt: 7,
  options: { hints: 'none' },
};
const chunk = (rows: readonly number[], dim = 2) => ({
  ids: rows.map((r) => item(r).id),
  dim,
  data: Float32Array.from(rows.flatMap((r) => [r, r + 0.25])),
});

/** What every adapter of the storage port must do. `open` gives the same data each time until `clean`. */
export function storageContract(name: string, open: () => Promise<Storage>, clean: () => Promise<void>): void {
  describe(`storage contract: ${name}`, () => {
    let storage: Storage;
    beforeEach(async () => {
      storage = await open();
    });
    afterEach(async () => {
      storage.close();
      await clean();
    });
    const reopen = async (): Promise<void> => {
      storage.close();
      storage = await open();
    };

    it('lists projects, the last opened one first', async () => {
      await storage.projects.put(summary(A, 10));
      await storage.projects.put(summary(AB, 20));
      expect((await storage.projects.list()).map((p) => p.id)).toEqual([AB, A]);
      await storage.projects.put(summary(A, 30));
      expect((await storage.projects.list()).map((p) => p.id)).toEqual([A, AB]);
      expect(await storage.projects.get(A)).toEqual(summary(A, 30));
      expect(await storage.projects.get(projectId('none'))).toBeNull();
    });

    it('keeps everything across a reopening', async () => {
      await storage.projects.put(summary(A, 1));
      await storage.projects.putHandle(A, { kind: 'directory', name: 'photos' });
      await storage.events.append(A, [label(1), label(2)]);
      await storage.items.commit(A, change([0, 1], { journal }));
      await storage.embeddings.append(A, 'k', chunk([0, 1]));
      await storage.embeddings.putEncoderState(A, 'k', { axes: Float32Array.of(1, 2), words: ['a'] });
      await storage.heads.put(A, head);
      await reopen();
      expect(await storage.projects.list()).toEqual([summary(A, 1)]);
      expect(await storage.projects.getHandle(A)).toEqual({ kind: 'directory', name: 'photos' });
      expect(await storage.events.read(A)).toEqual([label(1), label(2)]);
      expect(await storage.items.all(A)).toEqual([item(0), item(1)]);
      expect(await storage.items.journals(A)).toEqual([journal]);
      expect(await storage.embeddings.chunks(A, 'k')).toEqual([chunk([0, 1])]);
      expect(await storage.embeddings.getEncoderState(A, 'k')).toEqual({ axes: Float32Array.of(1, 2), words: ['a'] });
      expect(await storage.heads.all(A)).toEqual([head]);
    });

    it('answers with nothing for a project that is not there', async () => {
      expect(await storage.events.read(A)).toEqual([]);
      expect(await storage.items.all(A)).toEqual([]);
      expect(await storage.items.text(A, id(1))).toBeNull();
      expect(await storage.embeddings.ids(A, 'k')).toEqual([]);
      expect(await storage.embeddings.getEncoderState(A, 'k')).toBeNull();
      expect(await storage.heads.get(A, 1)).toBeNull();
      expect(await storage.projects.getHandle(A)).toBeNull();
      await storage.projects.remove(A);
    });

    it('reads events in log order, whatever the order of appending', async () => {
      await storage.events.append(A, [label(10, 'b'), label(9)]);
      await storage.events.append(A, [label(10, 'a'), label(2)]);
      expect((await storage.events.read(A)).map((e) => e.id)).toEqual(['e2', 'e9', 'a', 'b']);
    });

    it('appends all events or none', async () => {
      await storage.events.append(A, [label(1)]);
      await expect(storage.events.append(A, [label(2), label(1)])).rejects.toMatchObject({ code: 'unexpected' });
      const unstorable = { ...label(3), at: () => 0 } as unknown as WinnowEvent;
      await expect(storage.events.append(A, [label(2), unstorable])).rejects.toThrow();
      expect(await storage.events.read(A)).toEqual([label(1)]);
    });

    it('stores items with text, thumbnail and original apart, in the order of rows', async () => {
      await storage.items.commit(A, change([2, 10, 1, 0]));
      expect((await storage.items.all(A)).map((i) => i.row)).toEqual([0, 1, 2, 10]);
      expect(await storage.items.text(A, item(1).id)).toBe('text 1');
      expect(await storage.items.texts(A, [item(2).id, id(0), item(0).id])).toEqual(['text 2', null, 'text 0']);
      expect(await (await storage.items.thumb(A, item(1).id))?.text()).toBe('thumb 1');
      const [first, none] = await storage.items.thumbs(A, [item(0).id, id(0)]);
      expect([first?.type, await first?.text(), none]).toEqual(['image/webp', 'thumb 0', null]);
      expect(await storage.items.original(A, item(1).id)).toBeNull();
      const originals = await storage.items.originals(A, [item(0).id, item(1).id]);
      expect([await originals[0]?.text(), originals[1]]).toEqual(['original 0', null]);
    });

    it('changes an item in place and keeps its text', async () => {
      await storage.items.commit(A, change([0, 1]));
      const changed = { ...item(0), paths: ['t.csv#0', 'u.csv#9'] };
      await storage.items.commit(A, change([], { changed: [changed] }));
      expect(await storage.items.all(A)).toEqual([changed, item(1)]);
      expect(await storage.items.text(A, item(0).id)).toBe('text 0');
    });

    it('keeps refusals, seen files and the newest state of each journal', async () => {
      const rejected = [{ path: 'x.svg', code: 'svg', reason: 'SVG is not used.' }] as const;
      const seen = [{ path: 'a.png', stamp: '1:2', item: null }];
      await storage.items.commit(A, change([], { rejected, seen, journal }));
      await storage.items.commit(A, change([], { rejected, journal: { ...journal, done: 4, isFinished: true } }));
      await storage.items.commit(A, change([], { journal: { ...journal, id: 'earlier', startedAt: 1 } }));
      expect(await storage.items.rejections(A)).toEqual(rejected);
      expect(await storage.items.seenFiles(A)).toEqual(seen);
      expect((await storage.items.journals(A)).map((j) => [j.id, j.done])).toEqual([
        ['earlier', 2],
        ['j', 4],
      ]);
    });

    it('commits a batch of items in one piece', async () => {
      const unstorable = { ...added(1), text: (() => '') as unknown as string };
      const bad = change([0], { seen: [{ path: 'p', stamp: 's', item: null }], journal });
      await expect(storage.items.commit(A, { ...bad, added: [added(0), unstorable] })).rejects.toThrow();
      expect(await storage.items.all(A)).toEqual([]);
      expect(await storage.items.seenFiles(A)).toEqual([]);
      expect(await storage.items.journals(A)).toEqual([]);
      expect(await storage.items.text(A, item(0).id)).toBeNull();
    });

    it('finds wanted embeddings of other projects, each item once, and no others', async () => {
      const found = async (key: string, wanted: number[]) => {
        const all = [];
        const ids = new Set(wanted.map((i) => item(i).id));
        for await (const part of storage.embeddings.elsewhere(A, key, ids)) all.push(part);
        return all;
      };
      await storage.projects.put(summary(AB, 1));
      await storage.embeddings.append(AB, 'k', chunk([0, 1, 2]));
      await storage.embeddings.append(AB, 'k', chunk([2, 3]));
      await storage.embeddings.append(A, 'k', chunk([4]));
      expect(await found('k', [1, 2, 3, 4, 9])).toEqual([
        { ...chunk([1, 2]), project: AB },
        { ...chunk([3]), project: AB },
      ]);
      expect(await found('k2', [1])).toEqual([]);
      await storage.projects.remove(AB);
      expect(await found('k', [1])).toEqual([]);
    });

    it('keeps embeddings in chunks, in order, each key apart', async () => {
      for (let i = 0; i < 12; i++) await storage.embeddings.append(A, 'k', chunk([i]));
      await storage.embeddings.append(A, 'k2', chunk([5, 6]));
      expect(await storage.embeddings.ids(A, 'k')).toEqual(Array.from({ length: 12 }, (_, i) => item(i).id));
      const chunks = await storage.embeddings.chunks(A, 'k');
      expect(chunks.map((c) => c.data[0])).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect((await storage.embeddings.keys(A)).toSorted()).toEqual(['k', 'k2']);
      await storage.embeddings.putEncoderState(A, 'k', [1]);
      await storage.embeddings.clear(A, 'k');
      expect(await storage.embeddings.keys(A)).toEqual(['k2']);
      expect(await storage.embeddings.ids(A, 'k')).toEqual([]);
      expect(await storage.embeddings.getEncoderState(A, 'k')).toBeNull();
      expect(await storage.embeddings.chunks(A, 'k2')).toEqual([chunk([5, 6])]);
    });

    it('stores the numbers of a view, not its whole buffer, and leaves the caller’s array alone', async () => {
      const big = Float32Array.from({ length: 8 }, (_, i) => i);
      await storage.embeddings.append(A, 'k', { ids: [id(1)], dim: 2, data: big.subarray(2, 4) });
      const [stored] = await storage.embeddings.chunks(A, 'k');
      expect([...(stored?.data ?? [])]).toEqual([2, 3]);
      expect(stored?.data.buffer.byteLength).toBe(8);
      expect(big.length).toBe(8);
    });

    it.each([
      ['NaN', Float32Array.of(1, Number.NaN)],
      ['an infinity', Float32Array.of(Number.NEGATIVE_INFINITY, 1)],
      ['the wrong size', Float32Array.of(1, 2, 3)],
    ])('refuses an embedding with %s', async (_what, data) => {
      const refused = storage.embeddings.append(A, 'k', { ids: [id(1)], dim: 2, data });
      await expect(refused).rejects.toMatchObject({ code: 'encoder-failed' });
      expect(await storage.embeddings.ids(A, 'k')).toEqual([]);
    });

    it('keeps checkpoints by version', async () => {
      await storage.heads.put(A, { ...head, version: 10 });
      await storage.heads.put(A, { ...head, version: 2 });
      await storage.heads.put(A, { ...head, version: 2, lambda: 9 });
      expect((await storage.heads.all(A)).map((h) => [h.version, h.lambda])).toEqual([
        [2, 9],
        [10, 0.01],
      ]);
      expect((await storage.heads.get(A, 10))?.weights).toEqual(head.weights);
    });

    it('names what is stored for a project that is not listed', async () => {
      expect(await storage.projects.unlisted()).toEqual([]);
      await storage.projects.put(summary(AB, 1));
      for (const project of [A, AB]) await storage.items.commit(project, change([0, 1, 2]));
      await storage.embeddings.append(projectId('0'), 'k', chunk([0]));
      await storage.heads.put(projectId('z'), head);
      expect((await storage.projects.unlisted()).toSorted()).toEqual(['0', 'a', 'z']);
      await storage.projects.remove(projectId('0'));
      await storage.projects.put(summary(A, 1));
      expect(await storage.projects.unlisted()).toEqual(['z']);
      await storage.projects.remove(projectId('z'));
      expect(await storage.projects.unlisted()).toEqual([]);
    });

    it('removes one project and nothing of another', async () => {
      for (const project of [A, AB]) {
        await storage.projects.put(summary(project, 1));
        await storage.projects.putHandle(project, { name: project });
        await storage.events.append(project, [label(1)]);
        const seen = [{ path: 'p', stamp: 's', item: null }];
        const rejected = [{ path: 'r', code: 'empty', reason: 'Empty.' }] as const;
        await storage.items.commit(project, change([0], { seen, rejected, journal }));
        await storage.embeddings.append(project, 'k', chunk([0]));
        await storage.embeddings.putEncoderState(project, 'k', { a: 1 });
        await storage.heads.put(project, head);
      }
      await storage.projects.remove(A);
      const counts = async (p: typeof A): Promise<number[]> =>
        (
          await Promise.all([
            storage.projects.get(p).then((x) => (x ? [x] : [])),
            storage.projects.getHandle(p).then((x) => (x ? [x] : [])),
            storage.events.read(p),
            storage.items.all(p),
            storage.items.texts(p, [item(0).id]).then((x) => x.filter(Boolean)),
            storage.items.thumbs(p, [item(0).id]).then((x) => x.filter(Boolean)),
            storage.items.originals(p, [item(0).id]).then((x) => x.filter(Boolean)),
            storage.items.rejections(p),
            storage.items.journals(p),
            storage.items.seenFiles(p),
            storage.embeddings.chunks(p, 'k'),
            storage.embeddings.getEncoderState(p, 'k').then((x) => (x ? [x] : [])),
            storage.heads.all(p),
          ])
        ).map((x) => x.length);
      expect(await counts(A)).toEqual(Array.from({ length: 13 }, () => 0));
      expect(await counts(AB)).toEqual(Array.from({ length: 13 }, () => 1));
    });

    it('gives copies: changing what was read or written changes nothing stored', async () => {
      const mine = chunk([0]);
      await storage.embeddings.append(A, 'k', mine);
      mine.data[0] = 99;
      const [read] = await storage.embeddings.chunks(A, 'k');
      if (read) read.data[1] = 98;
      expect((await storage.embeddings.chunks(A, 'k'))[0]).toEqual(chunk([0]));
    });
  });
}
