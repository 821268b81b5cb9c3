import { describe, expect, it } from 'vitest';
import { ProjectFold } from '../../src/domain/fold.ts';
import { eventId, projectId } from '../../src/domain/ids.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import { embeddingKey } from '../../src/loop/embedding-key.ts';
import { buildSnapshot } from '../../src/loop/export-project.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';
import { HEAD, hex, storeProject } from '../fixtures/bundle-project.ts';

const P = projectId('p');
const SPEC: EncoderSpec = {
  id: 'builtin-text',
  name: 'Built-in',
  modality: 'text',
  runtime: 'builtin-text',
  revision: 3,
  dim: 0,
  path: '',
  pooling: 'none',
  dtypes: { webgpu: 'fp32', wasm: 'fp32' },
  licence: '',
  sizeBytes: 0,
  advice: '',
  languages: '',
  hub: null,
};

describe('snapshot for the exporters', () => {
  const build = async (change: 'none' | 'no-model' = 'none', texts: 'none' | 'labelled' | 'all' = 'labelled') => {
    const storage = new MemoryStorage();
    await storeProject(storage, P, 'text');
    const events = await storage.events.read(P);
    const kept = change === 'no-model' ? events.filter((e) => e.kind !== 'model-trained') : events;
    return buildSnapshot({
      storage,
      project: P,
      state: ProjectFold.of(kept).state(),
      items: await storage.items.all(P),
      spec: SPEC,
      embeddings: embeddingKey(SPEC),
      now: 77,
      predict: (rows) => Promise.resolve(Float32Array.from([...rows].flatMap((r) => [r / 10, 1 - r / 10]))),
      temperature: null,
      needs: { needsHead: true, texts },
      isEmbedded: (item) => item.row !== 2,
    });
  };

  it('holds the active head, its predictions by item row, and the texts of labelled items', async () => {
    const snapshot = await build();
    expect(snapshot.head).toEqual(HEAD);
    expect(snapshot.predictions?.classes).toEqual(HEAD.classes);
    const expected = [0, 1, 0.1, 0.9, 0, 0, 0.3, 0.7, 0.4, 0.6, 0.5, 0.5];
    expect(snapshot.predictions?.probabilities).toEqual(Float32Array.from(expected));
    expect(snapshot.textOf(hex(1))).toContain('Text 1');
    expect(snapshot.encoder).toMatchObject({ id: 'builtin-text', revision: 3, dim: HEAD.dim });
    expect(snapshot.exportedAt).toBe(77);
    expect(snapshot.events).toHaveLength(8);
  });

  it('holds the texts that an exporter asks for, and no others', async () => {
    const known = async (texts: 'none' | 'labelled' | 'all'): Promise<number> => {
      const { items, textOf } = await build('none', texts);
      return items.filter((item) => textOf(item.id) !== undefined).length;
    };
    expect(await known('none')).toBe(0);
    expect(await known('labelled')).toBe(3);
    expect(await known('all')).toBe(6);
  });

  it('predicts by the head that it exports, and knows nothing of what is labelled meanwhile', async () => {
    const storage = new MemoryStorage();
    await storeProject(storage, P, 'text');
    const fold = ProjectFold.of(await storage.events.read(P));
    const state = fold.state();
    const before = new Map(state.labels);
    const asked: unknown[] = [];
    const snapshot = await buildSnapshot({
      storage,
      project: P,
      state,
      items: await storage.items.all(P),
      spec: SPEC,
      embeddings: embeddingKey(SPEC),
      now: 77,
      predict: (rows, head) => {
        asked.push(head);
        const [label] = state.labels.values();
        if (label) fold.apply({ ...label, id: eventId('late'), seq: 999, item: hex(5) });
        return Promise.resolve(new Float32Array(2 * rows.length));
      },
      temperature: null,
      needs: { needsHead: true, texts: 'labelled' },
      isEmbedded: () => true,
    });
    expect(asked).toEqual([HEAD]);
    expect(state.labels.has(hex(5))).toBe(true);
    expect(snapshot.state.labels).toEqual(before);
    expect(snapshot.textOf(hex(5))).toBeUndefined();
  });

  it('labels can be taken along where the model can’t be asked', async () => {
    const storage = new MemoryStorage();
    await storeProject(storage, P, 'text');
    const snapshot = await buildSnapshot({
      storage,
      project: P,
      state: ProjectFold.of(await storage.events.read(P)).state(),
      items: await storage.items.all(P),
      spec: SPEC,
      embeddings: embeddingKey(SPEC),
      now: 77,
      predict: () => Promise.reject(new Error('no learner')),
      temperature: null,
      needs: { needsHead: false, texts: 'labelled' },
      isEmbedded: () => false,
    });
    expect([snapshot.head, snapshot.predictions]).toEqual([null, null]);
    expect(snapshot.textOf(hex(1))).toContain('Text 1');
  });

  it('has no head and asks for no prediction before the first model', async () => {
    const snapshot = await build('no-model');
    expect([snapshot.head, snapshot.predictions]).toEqual([null, null]);
  });
});
