import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Source } from '../../src/loop/app-ports.ts';
import { OpfsModelStore } from '../../src/platform/opfs/opfs-model-store.ts';
import { WorkerModels } from '../../src/platform/workers/model-client.ts';

const WEIGHTS = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7) & 255);
const FILES: Record<string, BlobPart> = {
  'config.json': '{"model_type":"bert","hidden_size":8}',
  'tokenizer.json': '{}',
  'tokenizer_config.json': '{}',
  'onnx/model.onnx': WEIGHTS,
  'README.md': 'not needed',
};
const never = new AbortController().signal;

function folder(files: Record<string, BlobPart>): Source {
  return {
    name: 'my model',
    handle: null,
    files: Object.entries(files).map(([path, part]) => {
      const blob = new Blob([part]);
      return { path, sizeBytes: blob.size, lastModified: 0, blob: () => Promise.resolve(blob) };
    }),
  };
}
async function clear(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry('models', { recursive: true }).catch(() => undefined);
}

describe('models in the file system of the origin', () => {
  beforeEach(clear);
  afterEach(clear);
  const models = new WorkerModels();
  const store = new OpfsModelStore();
  const add = (files = FILES) => models.addFolder(folder(files), 'text', never, () => undefined);

  it('keeps the files that an encoder needs, and its spec beside them', async () => {
    const spec = await add();
    expect(spec.id).toMatch(/^local:[0-9a-f]{12}$/);
    const [model, ...others] = await models.list();
    expect(others).toEqual([]);
    expect(model?.encoders).toEqual([spec]);
    expect(model?.files.map((f) => [f.path, f.storedBytes, f.isVerified]).sort()).toEqual([
      ['config.json', 37, true],
      ['onnx/model.onnx', 3_000_000, true],
      ['tokenizer.json', 2, true],
      ['tokenizer_config.json', 2, true],
    ]);
    const key = model?.key ?? { repository: '', revision: '' };
    const file = await store.file(key, 'onnx/model.onnx');
    expect(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(WEIGHTS);
    expect(await store.file(key, 'README.md')).toBeNull();
  });

  it('knows the same files again, and others as another encoder', async () => {
    const first = await add();
    expect((await add()).id).toBe(first.id);
    expect(await models.list()).toHaveLength(1);
    const other = await add({ ...FILES, 'tokenizer.json': '{"changed":1}' });
    expect(other.id).not.toBe(first.id);
    expect(await models.list()).toHaveLength(2);
  });

  it('does not trust a file that lost bytes, nor a damaged list', async () => {
    await add();
    const [model] = await models.list();
    const root = await navigator.storage.getDirectory();
    const place = await (
      await root.getDirectoryHandle('models')
    ).getDirectoryHandle(encodeURIComponent(model?.key.repository ?? ''));
    const inside = await place.getDirectoryHandle(model?.key.revision ?? '');
    const cut = async (name: string, size: number): Promise<void> => {
      const writable = await (await inside.getFileHandle(name)).createWritable({ keepExistingData: true });
      await writable.truncate(size);
      await writable.close();
    };
    await cut('onnx%2Fmodel.onnx', 100);
    const weights = (await models.list())[0]?.files.find((f) => f.path === 'onnx/model.onnx');
    expect(weights).toMatchObject({ storedBytes: 100, isVerified: false });
    await cut('manifest.json', 50);
    const [damaged] = await models.list();
    expect(damaged).toMatchObject({ key: model?.key, encoders: [] });
    expect(damaged?.files.map((f) => f.isVerified)).toEqual([false, false, false, false]);
    await add();
    expect((await models.list())[0]?.files.every((f) => f.isVerified)).toBe(true);
  });

  it('removes also what has no list', async () => {
    await add();
    const [model] = await models.list();
    const key = model?.key ?? { repository: '', revision: '' };
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
    const place = await root.getDirectoryHandle(encodeURIComponent(key.repository));
    await (await place.getDirectoryHandle(key.revision)).removeEntry('manifest.json');
    expect(await models.list()).toMatchObject([{ key }]);
    await models.remove(key);
    expect(await models.list()).toEqual([]);
  });

  it('keeps the whole list when a new one can’t be written', async () => {
    await add();
    const [model] = await models.list();
    const key = model?.key ?? { repository: '', revision: '' };
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
    const place = await root.getDirectoryHandle(encodeURIComponent(key.repository));
    const inside = await place.getDirectoryHandle(key.revision);
    // As a crash in the middle leaves it.
    const next = await (await inside.getFileHandle('manifest.next.json', { create: true })).createWritable();
    await next.write('{"version":1,"repos');
    await next.close();
    expect(await models.list()).toEqual([model]);
    await models.remove(key, { paths: ['tokenizer.json'], encoder: 'another' });
    expect((await models.list())[0]?.files).toHaveLength(3);
    const names: string[] = [];
    for await (const name of inside.keys()) names.push(name);
    expect(names).not.toContain('manifest.next.json');
  });

  it('removes one of two encoders of a model, then everything', async () => {
    const spec = await add();
    const [model] = await models.list();
    const key = model?.key ?? { repository: '', revision: '' };
    await models.remove(key, { paths: ['tokenizer.json', 'onnx/model.onnx'], encoder: spec.id });
    const [half] = await models.list();
    expect(half?.files.map((f) => f.path).sort()).toEqual(['config.json', 'tokenizer_config.json']);
    expect(half?.encoders).toEqual([]);
    await models.remove(key, { paths: ['config.json', 'tokenizer_config.json'], encoder: spec.id });
    expect(await models.list()).toEqual([]);
  });

  it('notices that its worker has ended without a word, and works again', async () => {
    const Native = globalThis.Worker;
    const made: Worker[] = [];
    globalThis.Worker = class extends Native {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        made.push(this);
      }
    };
    try {
      const own = new WorkerModels();
      await own.list();
      const call = Promise.all(Array.from({ length: 50 }, () => own.list()));
      made[0]?.terminate();
      await expect(call).rejects.toMatchObject({ code: 'worker-died' });
      expect(await own.list()).toEqual([]);
    } finally {
      globalThis.Worker = Native;
    }
  });

  it('removes everything of a model', async () => {
    await add();
    const [model] = await models.list();
    await models.remove(model?.key ?? { repository: '', revision: '' });
    expect(await models.list()).toEqual([]);
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
    const left: string[] = [];
    for await (const name of root.keys()) left.push(name);
    expect(left).toEqual([]);
  });

  it('says which file a folder lacks, and stores nothing of it', async () => {
    const { 'tokenizer.json': _, ...rest } = FILES;
    await expect(add(rest)).rejects.toMatchObject({
      code: 'model-file-missing',
      detail: expect.stringContaining('tokenizer.json') as string,
    });
    expect(await models.list()).toEqual([]);
  });
});
