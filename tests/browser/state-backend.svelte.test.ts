import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, EVENT_FORMAT } from '../../src/domain/events.ts';
import { WinnowError } from '../../src/domain/errors.ts';
import { projectId } from '../../src/domain/ids.ts';
import minilm from '../../src/encoders/all-minilm-l6-v2.ts';
import type { Services } from '../../src/loop/app-ports.ts';
import type { StoredModel } from '../../src/loop/model-ports.ts';
import { Downloads } from '../../src/state/downloads.svelte.ts';
import { Jobs } from '../../src/state/jobs.svelte.ts';
import { Notices } from '../../src/state/notices.svelte.ts';
import { ProjectSession } from '../../src/state/project.svelte.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';

const paths = [...minilm.hub.files, ...minilm.hub.weights.fp32].map((f) => f.path);
const FULL: StoredModel = {
  key: minilm.hub,
  commit: 'c',
  encoders: [],
  files: paths.map((path) => ({ path, sizeBytes: 1, storedBytes: 1, isVerified: true })),
};

/** A new project of texts on a machine with a graphics card; the services are those that its encoders ask. */
async function open() {
  const machine = { stored: [FULL] };
  const on = (choice: string): 'webgpu' | 'wasm' => (choice === 'wasm' ? 'wasm' : 'webgpu');
  const services = {
    models: {
      list: () => Promise.resolve(machine.stored),
      onSite: () => Promise.resolve({ models: [], encoders: [] }),
    },
    backendHere: (choice: string) => Promise.resolve(on(choice)),
    hasHalfHere: () => Promise.resolve(false),
    tunings: { get: () => null, put: () => undefined },
    picker: { canPickFolder: false, permission: () => Promise.resolve('granted') },
    locks: { acquire: () => Promise.resolve(true), release: () => undefined },
    rules: { stop: () => undefined },
    clock: { now: () => 1 },
    ids: { next: () => crypto.randomUUID(), seed: () => 1 },
  };
  const settings = { ...DEFAULT_SETTINGS, encoder: minilm.id };
  const jobs = new Jobs();
  const session = await ProjectSession.open(
    projectId('p'),
    {
      services: services as unknown as Services,
      storage: new MemoryStorage(),
      notices: new Notices(),
      jobs,
      downloads: new Downloads(services as unknown as Services, jobs),
    },
    {
      kind: 'project-created',
      format: EVENT_FORMAT,
      name: 'P',
      modality: 'text',
      seed: 1,
      settings,
      hasReference: false,
    },
  );
  return { session, machine };
}

test('where the model runs is changed: what it needs there is looked up at once', async () => {
  const { session } = await open();
  expect(session.encoding.precision).toBe('fp32');
  expect(session.encoderLibrary.isReady(minilm)).toBe(true);
  await session.changeSettings({ backend: 'wasm' });
  expect(session.encoding.precision).toBe('q8');
  expect(session.encoderLibrary.place(minilm)).toBe('hub');
  expect(session.encoderLibrary.download(minilm).dtype).toBe('q8');
  await session.close();
});

test('an encoder that another tab has removed is offered again as soon as it is missed', async () => {
  const { session, machine } = await open();
  machine.stored = [];
  expect(session.encoderLibrary.isReady(minilm)).toBe(true);
  session.fail(new WinnowError('encoder-missing', minilm.name));
  await expect.poll(() => session.encoderLibrary.place(minilm)).toBe('hub');
  expect(session.notices.list).toHaveLength(1);
  await session.close();
});
