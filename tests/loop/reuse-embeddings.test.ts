import { expect, it } from 'vitest';
import { projectId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import mobilenet from '../../src/encoders/mobilenet-v2.ts';
import { embedItems } from '../../src/loop/embed-items.ts';
import { embeddingKey } from '../../src/loop/embedding-key.ts';
import type { EncodeInput, Encoded, EncoderInfo } from '../../src/loop/encoder-ports.ts';
import { notesIn } from '../../src/loop/stored-embeddings.ts';
import { EncoderInputs } from '../../src/state/encoder-inputs.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';
import { textItems } from '../fixtures/log.ts';
import { ReadyEncoder } from '../fakes/ready-encoder.ts';

const KEY = embeddingKey(mobilenet);
const HERE = projectId('here');
const OTHER = projectId('other');
const items = textItems(10).map((item): Item => ({ ...item, modality: 'image' }));

/** Writes the size of a picture. */
class SizeEncoder extends ReadyEncoder {
  embedded = 0;
  open(): Promise<EncoderInfo> {
    return Promise.resolve({ key: KEY, backend: 'wasm', dim: 1, fallback: null, threads: 1, lanes: 1 });
  }
  embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    this.embedded += inputs.length;
    const data = Float32Array.from(inputs, (i) => ('image' in i ? i.image.size : 0));
    return Promise.resolve({ data, failed: [], truncated: [] });
  }
  stop(): void {
    return;
  }
}

async function setUp() {
  const storage = new MemoryStorage();
  for (const id of [HERE, OTHER]) {
    const summary = { name: '', modality: 'image', createdAt: 0, openedAt: 0, itemCount: 0, labelCount: 0 } as const;
    await storage.projects.put({ id, ...summary });
  }
  return storage;
}
async function embed(storage: MemoryStorage, project = HERE, load?: (part: readonly Item[]) => EncodeInput[]) {
  const encoder = new SizeEncoder();
  await embedItems({
    encoder,
    spec: mobilenet,
    plan: { backend: 'auto', precision: 'fp32', threads: null, batch: null },
    store: storage.embeddings,
    project,
    items,
    load: (part) => Promise.resolve(load?.(part) ?? part.map(() => ({ image: new Blob(['original']) }))),
    signal: new AbortController().signal,
    onInfo: () => undefined,
    onFallback: () => undefined,
    onProgress: () => undefined,
    onTruncated: () => undefined,
    onStored: () => undefined,
  });
  const chunks = await storage.embeddings.chunks(project, KEY);
  const found = new Map(chunks.flatMap((c) => c.ids.map((id, i) => [id, c.data[i]] as const)));
  return { computed: encoder.embedded, sizes: items.map(({ id }) => found.get(id)) };
}

it('what was embedded from a preview is noted and never used by a project that has the originals', async () => {
  const storage = await setUp();
  const mixed = (part: readonly Item[]): EncodeInput[] =>
    part.map(({ row }) =>
      row < 4 ? { image: new Blob(['small']), isPreview: true } : { image: new Blob(['original']) },
    );
  expect((await embed(storage, OTHER, mixed)).sizes).toEqual([5, 5, 5, 5, 8, 8, 8, 8, 8, 8]);
  const noted = notesIn(await storage.embeddings.getEncoderState(OTHER, KEY));
  expect(noted).toEqual({ truncated: [], previews: items.slice(0, 4).map((i) => i.id), isImported: false });
  expect(await embed(storage)).toEqual({ computed: 4, sizes: Array<number>(10).fill(8) });
  // Where it was made it stays.
  expect((await embed(storage, OTHER, mixed)).computed).toBe(0);
});

it('what came with a project file is for that project only', async () => {
  const storage = await setUp();
  const ids = items.map((i) => i.id);
  await storage.embeddings.append(OTHER, KEY, { ids, dim: 1, data: new Float32Array(10).fill(3) });
  await storage.embeddings.putEncoderState(OTHER, KEY, { isImported: true });
  expect(await embed(storage)).toEqual({ computed: 10, sizes: Array<number>(10).fill(8) });
});

it('inputs say which of them are previews', async () => {
  const original = new Blob(['original']);
  const thumb = new Blob(['small']);
  const session = {
    id: HERE,
    modality: 'image',
    storage: { items: { thumb: () => Promise.resolve(thumb) } },
    data: { original: (item: Item) => Promise.resolve(item.row === 0 ? original : null) },
  };
  const inputs = new EncoderInputs(session as unknown as ProjectSession);
  expect(await inputs.of(items.slice(0, 2))).toEqual([{ image: original }, { image: thumb, isPreview: true }]);
});
