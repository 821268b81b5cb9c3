import { expect, it } from 'vitest';
import { SiteCopy } from '../../src/offline/site-copy.ts';

const MODEL = {
  path: 'owner/model',
  files: { 'config.json': 1, 'tokenizer.json': 1, 'tokenizer_config.json': 1, 'README.md': 1, 'onnx/model.onnx': 1 },
};

/** Cache Storage with one cache in memory. */
function memoryCaches(): CacheStorage {
  const kept = new Map<string, Response>();
  const cache = {
    match: (path: string) => Promise.resolve(kept.get(path)?.clone()),
    put: (path: string, answer: Response) => Promise.resolve(kept.set(path, answer)),
  };
  return { open: () => Promise.resolve(cache) } as unknown as CacheStorage;
}

/** A site with one encoder, the network of which can be switched off; what was used of it is kept. */
function site(model: typeof MODEL) {
  let isOnline = true;
  const copy = new SiteCopy(
    memoryCaches(),
    () =>
      isOnline ? Promise.resolve(new Response(JSON.stringify([model]))) : Promise.reject(new TypeError('no network')),
    () => Promise.resolve({}),
  );
  const work: Promise<unknown>[] = [];
  const later = (job: Promise<unknown>): void => void work.push(job);
  const request = new Request('http://winnow.test/models/index.json');
  return {
    use: async (...files: string[]) => {
      await copy.list(request, later);
      for (const file of files) await copy.file(request, `/models/${model.path}/${file}`, later);
      await Promise.all(work);
    },
    offlineList: async () => {
      isOnline = false;
      return (await (await copy.list(request, later)).json()) as (typeof MODEL)[];
    },
  };
}

it('names without a network the encoder of which everything that it needs is kept', async () => {
  const { use, offlineList } = site(MODEL);
  await use('config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx');
  expect(await offlineList()).toEqual([MODEL]);
});

it.each([
  ['its tokeniser', ['config.json', 'tokenizer_config.json', 'onnx/model.onnx']],
  ['its weights', ['config.json', 'tokenizer.json', 'tokenizer_config.json']],
])('leaves out an encoder without %s', async (_, files) => {
  const { use, offlineList } = site(MODEL);
  await use(...files);
  expect(await offlineList()).toEqual([]);
});

it('names a pair of which one half is kept: words and pictures lie in one folder', async () => {
  const pair = {
    ...MODEL,
    files: { ...MODEL.files, 'preprocessor_config.json': 1, 'onnx/vision_model.onnx': 1 },
  };
  const { use, offlineList } = site(pair);
  await use('config.json', 'preprocessor_config.json', 'onnx/vision_model.onnx');
  expect(await offlineList()).toEqual([pair]);
});

it('leaves out weights whose second file is not kept', async () => {
  const { use, offlineList } = site({ ...MODEL, files: { ...MODEL.files, 'onnx/model.onnx_data': 1 } as never });
  await use('config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx');
  expect(await offlineList()).toEqual([]);
});
