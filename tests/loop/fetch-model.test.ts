import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ModelFile } from '../../src/encoders/spec.ts';
import { fetchModel } from '../../src/loop/fetch-model.ts';
import type { FetchProgress, HubFile } from '../../src/loop/model-ports.ts';
import { FakeHub, MemoryModelStore } from '../fakes/memory-models.ts';

const KEY = { repository: 'owner/name', revision: 'main' };
const contents = new Map([
  ['config.json', new TextEncoder().encode('{"model_type":"bert"}')],
  ['onnx/model.onnx', Uint8Array.from({ length: 200 }, (_, i) => i)],
]);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const gitId = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

function listed(path: string): HubFile {
  const bytes = contents.get(path) ?? new Uint8Array();
  const isLarge = path.endsWith('.onnx');
  return {
    path,
    sizeBytes: bytes.length,
    sha256: isLarge ? sha256(bytes) : null,
    gitId: isLarge ? null : gitId(bytes),
  };
}
const WANTED: ModelFile[] = [...contents.keys()].map((path) => ({ path, sizeBytes: 1, isApproximate: true }));

function setUp() {
  const hub = new FakeHub({ commit: 'c1', licence: '', files: [...contents.keys()].map(listed) }, new Map(contents));
  const store = new MemoryModelStore();
  const progress: FetchProgress[] = [];
  const disk = { room: Infinity };
  const run = (files = WANTED, signal = new AbortController().signal): Promise<void> =>
    fetchModel({
      hub,
      store,
      key: KEY,
      files,
      encoder: null,
      signal,
      onProgress: (p) => progress.push(p),
      pause: () => Promise.resolve(),
      breathe: () => Promise.resolve(),
      room: () => Promise.resolve(disk.room),
    });
  const state = async () => (await store.get(KEY))?.files.map((f) => [f.path, f.storedBytes, f.isVerified]);
  return { hub, store, progress, run, state, disk };
}
const DONE = [
  ['config.json', 21, true],
  ['onnx/model.onnx', 200, true],
];

describe('fetching a model', () => {
  it('stores every file verified and reports both counts', async () => {
    const { run, state, progress, store } = setUp();
    await run();
    expect(await state()).toEqual(DONE);
    expect(store.bytes(KEY, 'onnx/model.onnx')).toEqual(contents.get('onnx/model.onnx'));
    expect(progress.at(-1)).toEqual({
      path: 'onnx/model.onnx',
      fileDone: 200,
      fileTotal: 200,
      done: 221,
      total: 221,
      isVerifying: true,
    });
    expect(progress.map((p) => p.done)).toEqual([...progress.map((p) => p.done)].sort((a, b) => a - b));
  });

  it('begins nothing that does not fit, and says how much is needed', async () => {
    const { run, hub, disk, store } = setUp();
    disk.room = 8_000_220;
    await expect(run()).rejects.toMatchObject({
      code: 'model-no-room',
      detail: '9 MB are needed and 9 MB are free',
    });
    expect(hub.asked).toEqual([]);
    expect(await store.list()).toEqual([]);
    disk.room = 8_000_221;
    await run();
  });

  it('counts what is there already, and needs no room when nothing is missing', async () => {
    const { run, hub, disk, state } = setUp();
    hub.cuts.push(Infinity, 70, 'refused', 'refused');
    await expect(run()).rejects.toMatchObject({ code: 'hub-unreachable' });
    disk.room = 8_000_000 + 221 - 21 - 70;
    await run();
    disk.room = 0;
    await run();
    expect(await state()).toEqual(DONE);
  });

  it('keeps what has arrived when the storage turns out to be full, less what labels need', async () => {
    const { run, store, disk, state } = setUp();
    store.capacity = 100;
    await expect(run()).rejects.toMatchObject({ code: 'model-no-room', detail: '9 MB are needed and less is free' });
    store.tellsRoom = false;
    await expect(run()).rejects.toMatchObject({ code: 'model-no-room' });
    expect((await state())?.[0]).toEqual(DONE[0]);
    expect((await state())?.[1]?.[2]).toBe(false);
    store.capacity = Infinity;
    disk.room = Infinity;
    await run();
    expect(await state()).toEqual(DONE);
  });

  it('asks for nothing again that is there', async () => {
    const { run, hub } = setUp();
    await run();
    const asked = hub.asked.length;
    await run();
    expect(hub.asked).toHaveLength(asked);
  });

  it('goes on where a broken connection stopped', async () => {
    const { run, hub, state } = setUp();
    hub.cuts.push(Infinity, 70, 35);
    await run();
    expect(hub.asked).toEqual([
      'c1 config.json 0',
      'c1 onnx/model.onnx 0',
      'c1 onnx/model.onnx 70',
      'c1 onnx/model.onnx 105',
    ]);
    expect(await state()).toEqual(DONE);
  });

  it('asks for nothing twice when a connection is cut, refused, and works again', async () => {
    const { run, hub, state } = setUp();
    hub.cuts.push(Infinity, 70, 'refused');
    await run();
    expect(hub.asked.slice(1)).toEqual(['c1 onnx/model.onnx 0', 'c1 onnx/model.onnx 70', 'c1 onnx/model.onnx 70']);
    expect(await state()).toEqual(DONE);
  });

  it('gives up when nothing arrives any more, and a later run goes on', async () => {
    const { run, hub, state } = setUp();
    hub.cuts.push(Infinity, 70, 'refused', 'refused', 'refused');
    await expect(run()).rejects.toMatchObject({ code: 'hub-unreachable' });
    expect((await state())?.[1]).toEqual(['onnx/model.onnx', 70, false]);
    hub.cuts.length = 0;
    await run();
    expect(await state()).toEqual(DONE);
  });

  it('keeps what has arrived when the user cancels', async () => {
    const { hub, store, state } = setUp();
    const stop = new AbortController();
    const run = fetchModel({
      hub,
      store,
      key: KEY,
      files: WANTED,
      encoder: null,
      signal: stop.signal,
      onProgress: (p) => {
        if (p.path.endsWith('.onnx') && p.fileDone >= 70) stop.abort();
      },
      pause: () => Promise.resolve(),
      breathe: () => Promise.resolve(),
      room: () => Promise.resolve(Infinity),
    });
    await expect(run).rejects.toThrow(/abort/i);
    expect(await state()).toEqual([
      ['config.json', 21, true],
      ['onnx/model.onnx', 70, false],
    ]);
  });

  it('starts a file again where the hub sends all of it anyway', async () => {
    const { run, hub, store } = setUp();
    hub.resuming = 'ignored';
    hub.cuts.push(Infinity, 70);
    await run();
    expect(store.bytes(KEY, 'onnx/model.onnx')).toEqual(contents.get('onnx/model.onnx'));
  });

  it.each([
    ['another large file', 'onnx/model.onnx', { sha256: 'f'.repeat(64) }],
    ['another small file', 'config.json', { gitId: 'f'.repeat(40) }],
    ['more bytes than announced', 'onnx/model.onnx', { sizeBytes: 150 }],
  ])('throws %s away', async (_name, path, change) => {
    const { run, hub, state } = setUp();
    hub.listing = { ...hub.listing, files: hub.listing.files.map((f) => (f.path === path ? { ...f, ...change } : f)) };
    await expect(run()).rejects.toMatchObject({ code: 'model-file-wrong' });
    expect((await state())?.find(([p]) => p === path)).toEqual([path, 0, false]);
  });

  it('starts a resumed file again, once, when it turns out to be a mixture', async () => {
    const { run, hub, store, state } = setUp();
    hub.cuts.push(Infinity, 70, 'refused', 'refused', 'refused');
    await expect(run()).rejects.toMatchObject({ code: 'hub-unreachable' });
    hub.cuts.length = 0;
    const writer = await store.open(KEY, 'onnx/model.onnx');
    writer.truncate(69);
    writer.write(Uint8Array.of(99));
    hub.asked.length = 0;
    await run();
    expect(hub.asked).toEqual(['c1 onnx/model.onnx 70', 'c1 onnx/model.onnx 0']);
    expect(await state()).toEqual(DONE);
  });

  it('hears a cancel while it compares a file', async () => {
    const { hub, store, state } = setUp();
    const stop = new AbortController();
    const run = fetchModel({
      hub,
      store,
      key: KEY,
      files: WANTED.slice(1),
      encoder: null,
      signal: stop.signal,
      onProgress: () => undefined,
      pause: () => Promise.resolve(),
      breathe: () => Promise.resolve(stop.abort()),
      room: () => Promise.resolve(Infinity),
    });
    await expect(run).rejects.toThrow(/abort/i);
    expect(await state()).toEqual([['onnx/model.onnx', 200, false]]);
  });

  it('refuses a file that the hub lists with another digest than the spec knows', async () => {
    const { run, hub } = setUp();
    const files = WANTED.map((f) => (f.path.endsWith('.onnx') ? { ...f, sha256: 'a'.repeat(64) } : f));
    await expect(run(files)).rejects.toMatchObject({ code: 'model-file-wrong' });
    expect(hub.asked).toEqual([]);
  });

  it('names the file that is missing', async () => {
    const { run } = setUp();
    await expect(run([...WANTED, { path: 'tokenizer.json', sizeBytes: 1 }])).rejects.toMatchObject({
      code: 'model-file-missing',
      detail: 'owner/name has no tokenizer.json',
    });
  });

  it('forgets the files of another commit', async () => {
    const { run, hub, store } = setUp();
    await run(WANTED.slice(0, 1));
    hub.listing = { ...hub.listing, commit: 'c2' };
    await run(WANTED.slice(0, 1));
    expect((await store.get(KEY))?.commit).toBe('c2');
  });

  it('brings other files of the commit whose files are here, and keeps those', async () => {
    const { run, hub, store, state } = setUp();
    await run(WANTED.slice(0, 1));
    hub.listing = { ...hub.listing, commit: 'c2' };
    await run(WANTED.slice(1));
    expect(hub.listed).toEqual(['main', 'c1']);
    expect(await state()).toEqual(DONE);
    expect((await store.get(KEY))?.commit).toBe('c1');
  });

  it('takes a new commit where the hub has forgotten that of the files here', async () => {
    const { run, hub, store } = setUp();
    await run(WANTED.slice(0, 1));
    hub.listing = { ...hub.listing, commit: 'c2' };
    hub.forgotten.add('c1');
    await run(WANTED.slice(1));
    expect((await store.get(KEY))?.files.map((f) => f.path)).toEqual(['onnx/model.onnx']);
  });
});
