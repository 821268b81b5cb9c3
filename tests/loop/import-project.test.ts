import { readFile } from 'node:fs/promises';
import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { beforeEach, describe, expect, it } from 'vitest';
import { ProjectFold } from '../../src/domain/fold.ts';
import { projectId } from '../../src/domain/ids.ts';
import type { Modality } from '../../src/domain/item.ts';
import { oneClassOf } from '../../src/domain/events.ts';
import { WinnowError } from '../../src/domain/errors.ts';
import { packState } from '../../src/formats/bundle-state.ts';
import { readBundle } from '../../src/loop/import-project.ts';
import { writeBundle } from '../../src/loop/pack-project.ts';
import { sha256 } from '../../src/loop/sha256.ts';
import { MemoryStorage, type Write } from '../fakes/memory-storage.ts';
import { HEAD, hex, HIDDEN_HEAD, KEY, STATE, storeProject, TEXT_STATE } from '../fixtures/bundle-project.ts';

const FROM = projectId('from');
const TO = projectId('to');
const quiet = (): void => undefined;
type Files = Record<string, Uint8Array>;
interface LooseManifest {
  version: number;
  files: Record<string, { bytes: number; sha256: string }>;
  [key: string]: unknown;
}

let home: MemoryStorage;
let away: MemoryStorage;
beforeEach(() => {
  home = new MemoryStorage();
  away = new MemoryStorage();
});

const pack = async (modality: Modality = 'text', withOriginals = false, size = 6): Promise<Blob> => {
  await storeProject(home, FROM, modality, size);
  return writeBundle(home, FROM, withOriginals, quiet);
};
const open = (file: Blob): Promise<unknown> => readBundle(away, file, TO, 9, quiet);
const filesOf = async (file: Blob): Promise<Files> => unzipSync(new Uint8Array(await file.arrayBuffer()));
const zipped = (files: Zippable): Blob => new Blob([zipSync(files) as BlobPart]);

/** The bundle with some files replaced; their checksums are put right unless `isHonest` is false. */
async function changed(
  file: Blob,
  change: (files: Files, manifest: LooseManifest) => void,
  isHonest = true,
): Promise<Blob> {
  const files = await filesOf(file);
  const before = { ...files };
  const manifest = JSON.parse(strFromU8(files['manifest.json'] ?? new Uint8Array())) as LooseManifest;
  change(files, manifest);
  for (const [name, bytes] of Object.entries(files)) {
    if (isHonest && bytes !== before[name]) manifest.files[name] = { bytes: bytes.length, sha256: await sha256(bytes) };
  }
  return zipped({ ...files, 'manifest.json': strToU8(JSON.stringify(manifest)) });
}
const json = (value: unknown): Uint8Array => strToU8(JSON.stringify(value));

async function expectRefused(file: Blob, code: string): Promise<void> {
  let writes = 0;
  away.failWrite = () => {
    writes++;
    return null;
  };
  const failure: unknown = await open(file).then(
    () => 'opened',
    (e: unknown) => e,
  );
  expect(failure).toBeInstanceOf(WinnowError);
  expect((failure as WinnowError).code).toBe(code);
  expect(writes).toBe(0);
  expect(await away.projects.list()).toEqual([]);
}

describe('a bundle opened on another machine', () => {
  it.each(['text', 'image'] as const)('brings everything along (%s)', async (modality) => {
    expect(await open(await pack(modality, true))).toBe(TO);
    expect(await away.events.read(TO)).toEqual(await home.events.read(FROM));
    expect(await away.items.all(TO)).toEqual(await home.items.all(FROM));
    expect(await away.items.rejections(TO)).toEqual(await home.items.rejections(FROM));
    expect(await away.heads.all(TO)).toEqual(await home.heads.all(FROM));
    expect((await away.embeddings.keys(TO)).toSorted()).toEqual((await home.embeddings.keys(FROM)).toSorted());
    expect(await away.embeddings.chunks(TO, KEY)).toEqual(await home.embeddings.chunks(FROM, KEY));
    expect(await away.embeddings.getEncoderState(TO, KEY)).toEqual(modality === 'text' ? TEXT_STATE : STATE);
    // Other projects must not take these embeddings for computed here.
    expect(await away.embeddings.getEncoderState(TO, 'other@1-q8')).toMatchObject({ isImported: true });
    const ids = Array.from({ length: 6 }, (_, i) => hex(i));
    expect(await away.items.texts(TO, ids)).toEqual(await home.items.texts(FROM, ids));
    const content = async (blobs: (Blob | null)[]): Promise<unknown[]> =>
      Promise.all(blobs.map(async (b) => (b ? [b.type, await b.text()] : null)));
    expect(await content(await away.items.thumbs(TO, ids))).toEqual(await content(await home.items.thumbs(FROM, ids)));
    expect(await content(await away.items.originals(TO, ids))).toEqual(
      await content(await home.items.originals(FROM, ids)),
    );
    expect(await away.projects.get(TO)).toEqual({
      id: TO,
      name: 'Zählung / 2',
      modality,
      createdAt: 1_700_000_000_001,
      openedAt: 9,
      itemCount: 6,
      labelCount: 3,
      importedCount: 0,
    });
    const [there, here] = [await away.events.read(TO), await home.events.read(FROM)].map((e) =>
      ProjectFold.of(e).state(),
    );
    expect(there).toEqual(here);
  });

  it('brings the thresholds of a head along, and refuses ones that do not fit its classes', async () => {
    const thresholds = Float32Array.of(0.1, 0.7);
    await storeProject(home, FROM, 'text', 6);
    await home.heads.put(FROM, { ...HEAD, version: 2, thresholds });
    const file = await writeBundle(home, FROM, false, quiet);
    const short = await changed(file, (files) => {
      const heads = JSON.parse(strFromU8(files['heads.json'] ?? new Uint8Array())) as { thresholds?: number[] }[];
      files['heads.json'] = json(heads.map((h) => (h.thresholds ? { ...h, thresholds: [0.5] } : h)));
    });
    await expectRefused(short, 'bundle-corrupt');
    away = new MemoryStorage();
    await open(file);
    expect((await away.heads.get(TO, 2))?.thresholds).toEqual(thresholds);
    expect((await away.heads.get(TO, 1))?.thresholds).toBeUndefined();
  });

  it('leaves originals out unless they are asked for', async () => {
    const without = await pack('image');
    expect(Object.keys(await filesOf(without)).some((n) => n.startsWith('originals/'))).toBe(false);
    await open(without);
    expect(await away.items.original(TO, hex(1))).toBeNull();
    expect(await (await away.items.thumb(TO, hex(1)))?.text()).toBe('thumb 1');
  });

  it('holds projects of more items than one part', async () => {
    await open(await pack('text', false, 450));
    expect(await away.items.all(TO)).toHaveLength(450);
    expect(await away.items.text(TO, hex(449))).toContain('Text 449');
  });

  it('gives the same bytes for the same project, and again after a round trip', async () => {
    const first = await pack('image', true);
    await open(first);
    const second = await writeBundle(away, TO, true, quiet);
    expect(new Uint8Array(await second.arrayBuffer())).toEqual(new Uint8Array(await first.arrayBuffer()));
  });

  it('is a zip that other programs read, with a manifest that says what it is', async () => {
    const files = await filesOf(await pack());
    const manifest = JSON.parse(strFromU8(files['manifest.json'] ?? new Uint8Array())) as LooseManifest;
    expect(manifest).toMatchObject({
      format: 'winnow-project',
      version: 1,
      name: 'Zählung / 2',
      counts: { items: 6, events: 8, labels: 3, heads: 1 },
    });
    for (const [name, bytes] of Object.entries(files)) {
      if (name !== 'manifest.json')
        expect(manifest.files[name]).toEqual({ bytes: bytes.length, sha256: await sha256(bytes) });
    }
  });

  it('reports progress up to the end', async () => {
    const file = await pack();
    const seen: [number, number][] = [];
    await readBundle(away, file, TO, 9, (done, total) => seen.push([done, total]));
    const last = seen.at(-1);
    expect(last?.[0]).toBe(last?.[1]);
    expect(seen.every(([done], i) => i === 0 || done >= (seen[i - 1]?.[0] ?? 0))).toBe(true);
  });
});

describe('bundle format 1 (frozen file: never write it anew)', () => {
  it('still opens to the same project', async () => {
    const bytes = await readFile(new URL('../fixtures/bundle-format-1.zip', import.meta.url));
    await open(new Blob([bytes]));
    const state = ProjectFold.of(await away.events.read(TO)).state();
    expect(state).toMatchObject({ name: 'Zählung / 2', modality: 'image', seed: 42 });
    expect([...state.labels].map(([id, l]) => [id, oneClassOf(l)])).toEqual([
      [hex(0), 'c1'],
      [hex(1), 'c1'],
      [hex(2), 'c2'],
    ]);
    expect((await away.items.all(TO)).map((i) => i.paths.length)).toEqual([1, 2, 1, 1, 1, 1]);
    expect(await (await away.items.original(TO, hex(5)))?.text()).toBe('original 5'.repeat(50));
    expect((await away.embeddings.ids(TO, KEY)).length).toBe(6);
    expect(await away.embeddings.getEncoderState(TO, KEY)).toEqual(STATE);
    expect((await away.heads.get(TO, 1))?.scale).toBe(2.5);
  });
});

describe('bundle format 2 (frozen file: never write it anew)', () => {
  it('still brings a head with a hidden layer, and the linear one before it', async () => {
    const bytes = await readFile(new URL('../fixtures/bundle-format-2.zip', import.meta.url));
    await open(new Blob([bytes]));
    expect(await away.heads.all(TO)).toEqual([HEAD, HIDDEN_HEAD]);
    expect(ProjectFold.of(await away.events.read(TO)).state().name).toBe('Zählung / 2');
  });

  it('is written only where there is such a head, and refuses numbers that do not fit', async () => {
    const versionOf = async (file: Blob): Promise<unknown> =>
      JSON.parse(strFromU8((await filesOf(file))['manifest.json'] ?? new Uint8Array()));
    expect(await versionOf(await pack())).toMatchObject({ version: 1 });
    await home.heads.put(FROM, HIDDEN_HEAD);
    const file = await writeBundle(home, FROM, false, quiet);
    expect(await versionOf(file)).toMatchObject({ version: 2 });
    const wrong = await changed(file, (files) => {
      const heads = JSON.parse(strFromU8(files['heads.json'] ?? new Uint8Array())) as { hidden?: number }[];
      files['heads.json'] = json(heads.map((h) => (h.hidden ? { ...h, hidden: 2 } : h)));
    });
    await expectRefused(wrong, 'bundle-corrupt');
    await open(file);
    expect(await away.heads.get(TO, 2)).toEqual(HIDDEN_HEAD);
  });
});

describe('what is refused before anything is stored', () => {
  it('anything but a zip', async () => {
    await expectRefused(new Blob(['']), 'bundle-corrupt');
    await expectRefused(new Blob(['hello '.repeat(100)]), 'bundle-corrupt');
    await expectRefused(zipped({ 'a.txt': strToU8('no project') }), 'bundle-corrupt');
    await expectRefused(zipped({ 'manifest.json': json({ format: 'something', version: 1 }) }), 'bundle-corrupt');
  });

  it('what an encoder has learnt in shapes or numbers that it could not use', async () => {
    const file = await pack('text');
    const states: unknown[] = [null, { dim: 4 }, { ...TEXT_STATE, dim: 3 }, { ...TEXT_STATE, dim: 1e9 }];
    states.push({ ...TEXT_STATE, idf: Float32Array.of(1, NaN, 1) }, { ...TEXT_STATE, buckets: Int32Array.of(7, 3, 9) });
    for (const state of states) {
      const packed = packState(state);
      const bad = await changed(file, (files) => {
        const [entry] = JSON.parse(strFromU8(files['encoders.json'] ?? new Uint8Array())) as { file: string }[];
        files['encoders.json'] = json([{ ...entry, state: packed.json }]);
        files[entry?.file ?? ''] = packed.bytes;
      });
      await expectRefused(bad, 'bundle-corrupt');
    }
  });

  it('a newer version', async () => {
    const newer = await changed(await pack(), (_, manifest) => void (manifest.version = 3));
    await expectRefused(newer, 'bundle-newer');
    const oneOfTheFuture = zipped({ 'manifest.json': json({ format: 'winnow-project', version: 7, other: [] }) });
    await expectRefused(oneOfTheFuture, 'bundle-newer');
  });

  it('a newer event format', async () => {
    const file = await changed(await pack(), (files) => {
      files['events.jsonl'] = strToU8(
        strFromU8(files['events.jsonl'] ?? new Uint8Array()).replace('"format":1', '"format":99'),
      );
    });
    await expectRefused(file, 'bundle-newer');
  });

  it('a file cut off anywhere', async () => {
    const file = await pack('image', true);
    for (const share of [0.01, 0.3, 0.6, 0.9, 0.999]) {
      await expectRefused(file.slice(0, Math.floor(file.size * share)), 'bundle-corrupt');
    }
  });

  it('a single damaged byte in any file', async () => {
    const file = await pack('image', true);
    const names = Object.keys(await filesOf(file)).filter((n) => n !== 'manifest.json');
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      const damage = (files: Files): void => {
        const bytes = Uint8Array.from(files[name] ?? []);
        const at = Math.floor(bytes.length / 2);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        files[name] = bytes;
      };
      await expectRefused(await changed(file, damage, false), 'bundle-corrupt');
    }
  });

  it('a missing file, also one that the manifest does not name', async () => {
    const file = await pack('image');
    for (const name of [
      'events.jsonl',
      'items.jsonl',
      'thumbs/0.bin',
      'heads/1.bin',
      'embeddings/0.bin',
      'heads.json',
    ]) {
      await expectRefused(await changed(file, (files) => void Reflect.deleteProperty(files, name)), 'bundle-corrupt');
      const unnamed = await changed(file, (_, manifest) => void Reflect.deleteProperty(manifest.files, name));
      await expectRefused(unnamed, 'bundle-corrupt');
    }
  });

  it('parts that do not fit together, even with right checksums', async () => {
    const file = await pack('image');
    const edit = (name: string, change: (text: string) => string) =>
      changed(file, (files) => void (files[name] = strToU8(change(strFromU8(files[name] ?? new Uint8Array())))));
    await expectRefused(await edit('items.jsonl', (t) => t.split('\n').slice(1).join('\n')), 'bundle-corrupt');
    await expectRefused(await edit('items.jsonl', (t) => t.replace('"row":2', '"row":9')), 'bundle-corrupt');
    await expectRefused(await edit('items.jsonl', (t) => t.replaceAll('"image"', '"text"')), 'bundle-corrupt');
    await expectRefused(
      await edit('items.jsonl', (t) => t.replace('"sizeBytes":10', '"sizeBytes":"x"')),
      'bundle-corrupt',
    );
    await expectRefused(
      await edit('events.jsonl', (t) => t.replace('"durationMs":1234', '"durationMs":null')),
      'bundle-corrupt',
    );
    await expectRefused(await edit('events.jsonl', (t) => t.replace('event-2', 'event-1')), 'bundle-corrupt');
    await expectRefused(await edit('events.jsonl', (t) => t.split('\n').slice(1).join('\n')), 'bundle-corrupt');
    await expectRefused(await edit('embeddings.json', (t) => t.replace('"dim":4', '"dim":5')), 'bundle-corrupt');
    await expectRefused(await edit('embeddings.json', (t) => t.replaceAll(hex(0), hex(77))), 'bundle-corrupt');
    await expectRefused(await edit('heads.json', (t) => t.replace('"dim":4', '"dim":3')), 'bundle-corrupt');
    await expectRefused(await edit('encoders.json', (t) => t.replace('"at":0', '"at":4096')), 'bundle-corrupt');
    await expectRefused(await edit('encoders.json', (t) => t.replace('"i32"', '"evil"')), 'bundle-corrupt');
    const infinite = await changed(file, (files) => {
      const floats = new Float32Array((files['embeddings/0.bin']?.length ?? 0) / 4).fill(Number.POSITIVE_INFINITY);
      files['embeddings/0.bin'] = new Uint8Array(floats.buffer);
    });
    await expectRefused(infinite, 'bundle-corrupt');
  });

  it('file names that lead out of a folder', async () => {
    const file = await pack();
    for (const name of ['../up.txt', 'a/../../b', '/etc/hosts', 'c:\\boot.ini', 'thumbs\\..\\x']) {
      await expectRefused(await changed(file, (files) => void (files[name] = strToU8('x'))), 'bundle-corrupt');
    }
  });

  it('an entry that claims a size that is not its own', async () => {
    const file = await pack();
    const bytes = new Uint8Array(await file.arrayBuffer());
    const view = new DataView(bytes.buffer);
    const directoryAt = view.getUint32(bytes.length - 22 + 16, true);
    const claim = (size: number): Blob => {
      const copy = bytes.slice();
      new DataView(copy.buffer).setUint32(directoryAt + 24, size, true);
      return new Blob([copy]);
    };
    await expectRefused(claim(3_000_000_000), 'bundle-corrupt');
    await expectRefused(claim(10), 'bundle-corrupt');
  });
});

describe('a failure while storing', () => {
  it.each<Write>([
    'items.commit',
    'embeddings.append',
    'embeddings.putEncoderState',
    'heads.put',
    'events.append',
    'projects.put',
  ])('at %s removes what was stored and leaves other projects alone', async (at) => {
    const file = await pack('image', true);
    const other = projectId('other');
    await storeProject(away, other, 'text');
    const before = await away.projects.list();
    let seen = 0;
    away.failWrite = (write) =>
      write === at && ++seen > (at === 'items.commit' ? 1 : 0) ? new WinnowError('storage-full') : null;
    await expect(open(file)).rejects.toMatchObject({ code: 'storage-full' });
    away.failWrite = null;
    expect(await away.projects.list()).toEqual(before);
    expect(await away.items.all(TO)).toEqual([]);
    expect(await away.embeddings.keys(TO)).toEqual([]);
    expect(await away.events.read(TO)).toEqual([]);
    expect(await away.items.all(other)).toHaveLength(6);
    // The same file opens once there is room.
    await open(file);
    expect(await away.projects.list()).toHaveLength(2);
  });

  it('lists the project only when everything else is stored', async () => {
    const file = await pack('image');
    const writes: Write[] = [];
    away.failWrite = (write) => {
      writes.push(write);
      return null;
    };
    await open(file);
    expect(writes.indexOf('projects.put')).toBe(writes.length - 1);
  });
});
