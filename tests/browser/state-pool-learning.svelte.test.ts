import { expect, test } from 'vitest';
import { classId, projectId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import type { EventDraft, ProjectSettings } from '../../src/domain/events.ts';
import builtinText from '../../src/encoders/builtin-text.ts';
import type { Encoded, EncodeInput, EncoderInfo } from '../../src/loop/encoder-ports.ts';
import { EncodingState } from '../../src/state/encoding.svelte.ts';
import { Jobs } from '../../src/state/jobs.svelte.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';
import { ReadyEncoder } from '../fakes/ready-encoder.ts';
import { GrowingLog, idOf, textItems } from '../fixtures/log.ts';

const PROJECT = projectId('p');
const SPEC = { ...builtinText, id: 'builtin-text' };

/** Learns how many texts there are. */
class CountingEncoder extends ReadyEncoder {
  #seen = 0;
  override needsFit(): boolean {
    return true;
  }
  open(): Promise<EncoderInfo> {
    return Promise.resolve({ key: '', backend: 'cpu', dim: 1, fallback: null, threads: 1, lanes: 1 });
  }
  override fitBatch(inputs: readonly EncodeInput[] = []): Promise<void> {
    this.#seen += inputs.length;
    return Promise.resolve();
  }
  override fitEnd(): Promise<unknown> {
    return Promise.resolve({ dim: 1, seen: this.#seen });
  }
  embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    return Promise.resolve({ data: new Float32Array(inputs.length).fill(1), failed: [], truncated: [] });
  }
  stop(): void {
    // Nothing to end.
  }
}

async function project() {
  const log = new GrowingLog({ encoder: SPEC.id });
  let version = $state(0);
  let items = $state.raw<readonly Item[]>([]);
  const storage = new MemoryStorage();
  const session = {
    id: PROJECT,
    modality: 'text',
    isReadOnly: false,
    storage,
    jobs: new Jobs(),
    get items() {
      return items;
    },
    get state() {
      void version; // What is read from the log depends on it.
      return log.live();
    },
    encoderLibrary: { all: [SPEC], byId: () => SPEC, isReady: () => true, noteSpeed: () => undefined },
    services: {
      newEncoder: () => new CountingEncoder(),
      backendHere: () => Promise.resolve('wasm'),
      tunings: { get: () => null, put: () => undefined },
    },
    notices: { tellOfFallback: () => undefined, show: () => undefined },
    changeSettings: (settings: Partial<ProjectSettings>) => {
      add({ kind: 'settings-changed', settings });
      return Promise.resolve();
    },
    advance: () => undefined,
    fail: (error: unknown) => {
      throw error;
    },
  };
  const add = (draft: EventDraft): void => {
    log.add(draft);
    version++;
  };
  const encoding = new EncodingState(session as unknown as ProjectSession);
  await encoding.refresh();
  /** More texts are imported. */
  const grow = async (count: number): Promise<void> => {
    const fresh = textItems(count).slice(items.length);
    const added = fresh.map((item) => ({ item, text: item.preview, thumb: null, original: null }));
    await storage.items.commit(PROJECT, { added, changed: [], rejected: [], seen: [], journal: null });
    items = textItems(count);
    await encoding.run();
  };
  return { encoding, storage, grow, add };
}

test('it learns again by itself while nothing rests on what it knows, and what it gave before is cleared away', async () => {
  const { encoding, storage, grow } = await project();
  await grow(1);
  expect([encoding.key, encoding.learning.learntFrom]).toEqual(['builtin-text@1-fp32', 1]);
  await grow(50);
  expect([encoding.key, encoding.learning.learntFrom]).toEqual(['builtin-text@1.2-fp32', 50]);
  expect(await storage.embeddings.keys(PROJECT)).toEqual(['builtin-text@1.2-fp32']);
  expect(await storage.embeddings.ids(PROJECT, encoding.key)).toHaveLength(50);
  // Not for a few more.
  await grow(60);
  expect(encoding.key).toBe('builtin-text@1.2-fp32');
  expect(encoding.learning.isWorthAgain).toBe(false);
});

test('once a model rests on it, it learns again only when it is told to', async () => {
  const { encoding, storage, grow, add } = await project();
  await grow(20);
  const model = { version: 1, encoder: encoding.key, backend: 'cpu', trainedOn: [], classes: [classId('a')] } as const;
  add({ kind: 'model-trained', ...model, lambda: 1, fitMs: 1 });
  await grow(60);
  expect([encoding.key, encoding.isComplete]).toEqual(['builtin-text@1-fp32', true]);
  expect([encoding.learning.learntFrom, encoding.learning.isWorthAgain]).toEqual([20, true]);
  await encoding.learnAgain();
  expect([encoding.key, encoding.isComplete, encoding.learning.learntFrom]).toEqual([
    'builtin-text@1.2-fp32',
    true,
    60,
  ]);
  expect(encoding.has(idOf(59))).toBe(true);
  expect(await storage.embeddings.keys(PROJECT)).toEqual([encoding.key]);
});
