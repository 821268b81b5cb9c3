import { expect, test } from 'vitest';
import { filesOf, type Dtype, type EncoderSpec } from '../../src/encoders/spec.ts';
import type { FetchRequest, Services } from '../../src/loop/app-ports.ts';
import { embeddingKey, precisionInUse } from '../../src/loop/embedding-key.ts';
import type { ModelKey, RemovedPart, StoredModel } from '../../src/loop/model-ports.ts';
import { Downloads } from '../../src/state/downloads.svelte.ts';
import { EncoderLibrary } from '../../src/state/encoder-library.svelte.ts';
import { Jobs } from '../../src/state/jobs.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { named } from '../fixtures/encoders.ts';

const minilm = named('all-minilm-l6-v2');
const pictures = named('clip-vit-base-patch32');
const words = named('clip-vit-base-patch32-text');

function whole(spec: EncoderSpec, dtype: Dtype): StoredModel {
  const { hub } = spec;
  if (!hub) throw new Error('It is not on the hub.');
  const files = filesOf(hub, dtype).map(({ path }) => ({ path, sizeBytes: 1, storedBytes: 1, isVerified: true }));
  return { key: hub, commit: 'c', encoders: [], files };
}

/** A project on a machine with a graphics card. */
function setUp(selected: EncoderSpec, keys: string[] = [], isSlow = false) {
  const letGo: (() => void)[] = [];
  const machine = { stored: [] as StoredModel[], isSiteDown: false };
  const fetched: FetchRequest[] = [];
  const removed: [ModelKey, RemovedPart | undefined][] = [];
  const failures: unknown[] = [];
  const settings = { backend: 'auto' as 'auto' | 'wasm' };
  const on = (choice: string): 'webgpu' | 'wasm' => (choice === 'wasm' ? 'wasm' : 'webgpu');
  const session = {
    id: 'p',
    modality: selected.modality,
    jobs: new Jobs(),
    state: { settings },
    storage: { embeddings: { keys: () => Promise.resolve(keys) } },
    encoding: {
      selected,
      get precision() {
        return precisionInUse(selected, keys, on(settings.backend));
      },
    },
    fail: (error: unknown) => failures.push(error),
    services: {
      backendHere: (choice: string) => Promise.resolve(on(choice)),
      hasHalfHere: () => Promise.resolve(false),
      models: {
        list: () => Promise.resolve(machine.stored),
        onSite: () =>
          machine.isSiteDown ? Promise.reject(new TypeError('down')) : Promise.resolve({ models: [], encoders: [] }),
        fetch: (request: FetchRequest) => {
          fetched.push(request);
          return isSlow ? new Promise<void>((resolve) => letGo.push(resolve)) : Promise.resolve();
        },
        remove: (key: ModelKey, only?: RemovedPart) => Promise.resolve(void removed.push([key, only])),
      },
    },
  };
  const downloads = new Downloads(session.services as unknown as Services, session.jobs);
  /** The project is opened once more, as after going home; or another one is. */
  const reopened = (): EncoderLibrary => new EncoderLibrary({ ...session, downloads } as unknown as ProjectSession);
  const library = reopened();
  return { reopened, library, machine, settings, fetched, removed, failures, letGo };
}
const weights = (requests: readonly FetchRequest[]): (string | undefined)[] =>
  requests.map((r) => r.files.at(-1)?.path);

test('what is downloaded is what the project needs: the processor asks for 8 bits on any machine', async () => {
  const { library, machine, settings, fetched } = setUp(minilm);
  machine.stored = [whole(minilm, 'fp32')];
  await library.refresh();
  expect(library.place(minilm)).toBe('machine');
  settings.backend = 'wasm';
  await library.refresh();
  expect(library.place(minilm)).toBe('hub');
  expect(library.isReady(minilm)).toBe(false);
  await library.fetch(minilm);
  expect(weights(fetched)).toEqual(['onnx/model_quantized.onnx']);
});

test('a project that was begun in full precision asks for it where 8 bits would be chosen', async () => {
  const { library, machine, settings, fetched } = setUp(minilm, [embeddingKey(minilm, 'fp32')]);
  settings.backend = 'wasm';
  machine.stored = [whole(minilm, 'q8')];
  await library.refresh();
  expect(library.place(minilm)).toBe('hub');
  await library.fetch(minilm);
  expect(weights(fetched)).toEqual(['onnx/model.onnx']);
});

test('the half that reads words comes in the precision of the pictures', async () => {
  const { library, settings, fetched } = setUp(pictures, [embeddingKey(pictures, 'fp32')]);
  settings.backend = 'wasm';
  await library.refresh();
  await library.fetch(words);
  expect(weights(fetched)).toEqual(['onnx/text_model.onnx']);
});

test('one half goes and the other stays', async () => {
  const { library, machine, removed, settings } = setUp(pictures);
  settings.backend = 'wasm';
  const both = [...whole(pictures, 'q8').files, ...whole(words, 'q8').files];
  machine.stored = [{ ...whole(pictures, 'q8'), files: [...new Map(both.map((f) => [f.path, f])).values()] }];
  await library.refresh();
  await library.remove(words);
  expect(removed[0]?.[1]?.paths).toContain('tokenizer.json');
  expect(removed[0]?.[1]?.paths).not.toContain('config.json');
});

test('the halves of a pair are downloaded one after the other, and one that waits can be cancelled', async () => {
  const { library, fetched, letGo } = setUp(pictures, [], true);
  await library.refresh();
  const first = library.fetch(pictures);
  const second = library.fetch(words);
  await expect.poll(() => fetched.length).toBe(1);
  library.cancel(words);
  expect(await second).toBe(false);
  const third = library.fetch(words);
  expect(fetched).toHaveLength(1);
  letGo.shift()?.();
  expect(await first).toBe(true);
  await expect.poll(() => fetched.length).toBe(2);
  letGo.shift()?.();
  expect(await third).toBe(true);
  expect(weights(fetched)).toEqual(['onnx/vision_model.onnx', 'onnx/text_model.onnx']);
});

test('a site that can’t be asked hides nothing that is on this machine', async () => {
  const { library, machine, failures } = setUp(minilm);
  machine.stored = [whole(minilm, 'fp32')];
  machine.isSiteDown = true;
  await library.refresh();
  expect(library.place(minilm)).toBe('machine');
  expect(failures).toHaveLength(1);
});

test('speeds are kept by encoder and place', async () => {
  localStorage.removeItem('winnow-speeds');
  const { library, settings } = setUp(minilm);
  await library.refresh();
  library.noteSpeed(minilm, 500);
  settings.backend = 'wasm';
  await library.refresh();
  expect(library.speed(minilm)).toBeNull();
  library.noteSpeed(minilm, 20);
  settings.backend = 'auto';
  await library.refresh();
  expect(library.speed(minilm)).toBe(500);
  localStorage.removeItem('winnow-speeds');
});

test('a download goes on when its project is left, is shown where it is opened again and is not begun twice', async () => {
  const { library, reopened, machine, fetched, letGo } = setUp(minilm, [], true);
  await library.refresh();
  const first = library.fetch(minilm);
  await expect.poll(() => fetched.length).toBe(1);
  library.close();
  const again = reopened();
  await again.refresh();
  expect(again.progress(minilm)).toBe('waiting');
  expect(await again.fetch(minilm)).toBe(false);
  expect(fetched).toHaveLength(1);
  machine.stored = [whole(minilm, again.download(minilm).dtype)];
  letGo[0]?.();
  expect(await first).toBe(true);
  // The open one looks again, the one that was left does not.
  expect([again.progress(minilm), again.place(minilm), library.place(minilm)]).toEqual([null, 'machine', 'hub']);
});
