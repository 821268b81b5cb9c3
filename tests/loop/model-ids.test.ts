import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { modelsBelow } from '../../scripts/http.mjs';
import type { Modality } from '../../src/domain/item.ts';
import { adoptFolder } from '../../src/loop/adopt-folder.ts';
import { inspectHub } from '../../src/loop/inspect-hub.ts';
import { siteEncoders } from '../../src/platform/hub/site-models.ts';
import { FakeHub, MemoryModelStore } from '../fakes/memory-models.ts';

const never = new AbortController().signal;
const FILES: Record<string, string> = {
  'config.json': '{"model_type":"bert","hidden_size":8}',
  'tokenizer.json': '{}',
  'tokenizer_config.json': '{}',
  'onnx/model.onnx': 'weights'.repeat(100),
};
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('an encoder from a folder', () => {
  const adopt = (
    files: Record<string, string>,
    store = new MemoryModelStore(),
    more: { signal?: AbortSignal; onProgress?: (done: number) => void } = {},
  ) =>
    adoptFolder({
      name: 'mine',
      found: Object.entries(files).map(([path, text]) => ({ path, blob: new Blob([text]) })),
      modality: 'text',
      store,
      signal: never,
      onProgress: () => undefined,
      ...more,
    });

  it('is another one when texts are pooled in another way', async () => {
    const pooled = (mode: string) => ({ ...FILES, '1_Pooling/config.json': `{"pooling_mode_${mode}": true}` });
    const [plain, mean, cls] = await Promise.all([
      adopt(FILES),
      adopt(pooled('mean_tokens')),
      adopt(pooled('cls_token')),
    ]);
    expect([plain.pooling, mean.pooling, cls.pooling]).toEqual(['mean', 'mean', 'cls']);
    expect(mean.id).toBe(plain.id);
    expect(cls.id).not.toBe(plain.id);
  });

  it('is not begun where it does not fit, with room for labels, and leaves nothing behind', async () => {
    const store = new MemoryModelStore();
    store.capacity = 500;
    await expect(adopt(FILES, store)).rejects.toMatchObject({ code: 'model-no-room' });
    expect(await store.list()).toEqual([]);
    store.tellsRoom = false;
    await expect(adopt(FILES, store)).rejects.toMatchObject({ code: 'model-no-room' });
    expect(await store.list()).toEqual([]);
  });

  it('leaves nothing behind after a cancel, and is not copied twice', async () => {
    const store = new MemoryModelStore();
    const stop = new AbortController();
    const onProgress = (done: number): void => {
      if (done > 900) stop.abort();
    };
    await expect(adopt(FILES, store, { signal: stop.signal, onProgress })).rejects.toThrow(/abort/i);
    expect(await store.list()).toEqual([]);
    const { id } = await adopt(FILES, store);
    store.capacity = 0;
    expect((await adopt(FILES, store)).id).toBe(id);
    expect((await store.list())[0]?.files.every((f) => f.isVerified)).toBe(true);
  });
});

describe('an encoder of the hub', () => {
  const inspect = (paths: readonly string[], modality: Modality) => {
    const text = '{"model_type":"clip","projection_dim":4}';
    const files = paths.map((path) => ({ path, sizeBytes: 9, sha256: null, gitId: null }));
    const contents = new Map(paths.map((path) => [path, new TextEncoder().encode(text)]));
    const hub = new FakeHub({ commit: 'c'.repeat(40), licence: '', files }, contents);
    return inspectHub(hub, 'owner/name', modality, never);
  };

  it('has an id for texts and one for images where a repository serves both', async () => {
    const clip = [
      ...['config.json', 'tokenizer.json', 'tokenizer_config.json', 'preprocessor_config.json'],
      ...['onnx/text_model.onnx', 'onnx/vision_model.onnx'],
    ];
    expect((await inspect(clip, 'text')).id).toBe('hub:owner/name@cccccccccccc-text');
    expect((await inspect(clip, 'image')).id).toBe('hub:owner/name@cccccccccccc-image');
    const plain = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'];
    expect((await inspect(plain, 'text')).id).toBe('hub:owner/name@cccccccccccc');
  });
});

describe('an encoder of the site', () => {
  const described = async (files: Record<string, string>) => {
    const root = mkdtempSync(join(tmpdir(), 'models-'));
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, 'someone', 'tuned', path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text);
    }
    vi.stubGlobal('fetch', (address: string) =>
      Promise.resolve(new Response(files[address.replace('/models/someone/tuned/', '')] ?? '')),
    );
    return (await siteEncoders(modelsBelow([root])))[0];
  };

  it('is another one when its weights were trained further, though nothing else changed', async () => {
    const first = await described(FILES);
    const tuned = await described({ ...FILES, 'onnx/model.onnx': 'WEIGHTS'.repeat(100) });
    expect(first?.id).toMatch(/^site:someone\/tuned@[0-9a-f]{12}$/);
    expect((await described(FILES))?.id).toBe(first?.id);
    expect(tuned?.id).not.toBe(first?.id);
    expect((await described({ ...FILES, 'README.md': 'words' }))?.id).toBe(first?.id);
  });

  it('runs on the processor where it has 8-bit weights only, and hides no others when it can’t be read', async () => {
    const { 'onnx/model.onnx': weights = '', ...rest } = FILES;
    expect((await described({ ...rest, 'onnx/model_quantized.onnx': weights }))?.dtypes).toEqual({
      webgpu: 'q8',
      wasm: 'q8',
    });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await siteEncoders([{ path: 'a/b', files: { 'config.json': 1 } }])).toEqual([]);
  });
});
