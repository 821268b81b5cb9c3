import { describe, expect, it } from 'vitest';
import { WinnowError } from '../../src/domain/errors.ts';
import { projectId } from '../../src/domain/ids.ts';
import potion from '../../src/encoders/potion-base-2m.ts';
import { embeddingKey } from '../../src/loop/embedding-key.ts';
import { embedItems } from '../../src/loop/embed-items.ts';
import { truncatedIn } from '../../src/loop/stored-embeddings.ts';
import type { EncodeInput, Encoded, Encoder, EncoderInfo, RunPlan } from '../../src/loop/encoder-ports.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';
import { textItems } from '../fixtures/log.ts';
import { ReadyEncoder } from '../fakes/ready-encoder.ts';

const PROJECT = projectId('p');
const items = textItems;

/** An encoder whose worker dies, or whose graphics card is lost, at chosen calls (counted from 1). */
class FrailEncoder extends ReadyEncoder {
  readonly backends: string[] = [];
  calls = 0;
  embedded = 0;
  #worker = 0;
  readonly #failures: ReadonlyMap<number, WinnowError>;
  constructor(failures: readonly (readonly [number, WinnowError])[]) {
    super();
    this.#failures = new Map(failures);
  }
  open(_spec: unknown, plan: RunPlan): Promise<EncoderInfo> {
    this.backends.push(plan.backend);
    return Promise.resolve({
      key: embeddingKey(potion),
      backend: 'wasm',
      dim: 1,
      fallback: null,
      threads: 1,
      lanes: 1,
    });
  }
  async embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    const failure = this.#failures.get(++this.calls);
    const worker = this.#worker;
    await Promise.resolve();
    if (failure) throw failure;
    // What an ended worker was asked for never comes back as a result.
    if (worker !== this.#worker) throw new DOMException('The task was cancelled.', 'AbortError');
    this.embedded += inputs.length;
    const data = Float32Array.from(inputs, (i) => ('text' in i ? Number(i.text) : 0));
    return { data, failed: [], truncated: inputs.flatMap((i, k) => ('text' in i && i.text === '7' ? [k] : [])) };
  }
  stop(): void {
    this.#worker++;
  }
}

async function run(encoder: Encoder, count: number, more: { backend?: 'webgpu'; storage?: MemoryStorage } = {}) {
  const storage = more.storage ?? new MemoryStorage();
  const said: string[] = [];
  const result = await embedItems({
    encoder,
    spec: potion,
    plan: { backend: more.backend ?? 'auto', precision: 'fp32', threads: null, batch: null },
    store: storage.embeddings,
    project: PROJECT,
    items: items(count),
    load: (part) => Promise.resolve(part.map((item) => ({ text: String(item.row) }))),
    signal: new AbortController().signal,
    onInfo: () => undefined,
    onFallback: (sentence) => said.push(sentence),
    onProgress: () => undefined,
    onTruncated: () => undefined,
    onStored: () => undefined,
  });
  const chunks = await storage.embeddings.chunks(PROJECT, embeddingKey(potion));
  const pairs = chunks.flatMap((c) => c.ids.map((id, i) => [Number.parseInt(id, 16), c.data[i]] as const));
  return { result, said, pairs: pairs.sort((a, b) => a[0] - b[0]) };
}
const everyRow = (count: number) => Array.from({ length: count }, (_, row) => [row, row]);
const died = new WinnowError('worker-died');
const lost = new WinnowError('gpu-lost');

describe('an encoder that fails', () => {
  it('is started again after its worker died, and every item is stored once, under its own id', async () => {
    const encoder = new FrailEncoder([[3, died]]);
    const { result, pairs } = await run(encoder, 1000);
    expect(pairs).toEqual(everyRow(1000));
    expect(result.failed).toEqual([]);
    expect(encoder.backends).toEqual(['auto', 'auto']);
  });

  it('goes on from the last stored chunk when storage failed and the run is begun again', async () => {
    const storage = new MemoryStorage();
    let writes = 0;
    storage.failWrite = (write) =>
      write === 'embeddings.append' && ++writes === 2 ? new WinnowError('storage-full') : null;
    await expect(run(new FrailEncoder([]), 3000, { storage })).rejects.toMatchObject({ code: 'storage-full' });
    const kept = (await storage.embeddings.ids(PROJECT, embeddingKey(potion))).length;
    expect(kept).toBeGreaterThan(0);
    const encoder = new FrailEncoder([]);
    const { pairs } = await run(encoder, 3000, { storage });
    expect(pairs).toEqual(everyRow(3000));
    expect(encoder.embedded).toBe(3000 - kept);
  });

  it('is tried once more on the graphics card after it was lost', async () => {
    const encoder = new FrailEncoder([[2, lost]]);
    const { pairs, said } = await run(encoder, 600, { backend: 'webgpu' });
    expect(pairs).toEqual(everyRow(600));
    expect(encoder.backends).toEqual(['webgpu', 'webgpu']);
    expect(said).toEqual([]);
  });

  it('moves to the processor when the graphics card is lost again, and says so', async () => {
    const encoder = new FrailEncoder([1, 2, 3, 4, 5].map((call) => [call, lost] as const).slice(0, 3));
    const { pairs, said } = await run(encoder, 600, { backend: 'webgpu' });
    expect(pairs).toEqual(everyRow(600));
    expect(encoder.backends[0]).toBe('webgpu');
    expect(encoder.backends.at(-1)).toBe('wasm');
    expect(said).toEqual(['The graphics card was lost twice, so the rest is embedded on the processor.']);
  });

  it('computes nothing that another project has of the same bytes', async () => {
    const storage = new MemoryStorage();
    const other = projectId('other');
    const summary = { name: '', modality: 'text', createdAt: 0, openedAt: 0, itemCount: 0, labelCount: 0 } as const;
    await storage.projects.put({ id: other, ...summary });
    const ids = items(300).map((item) => item.id);
    const data = Float32Array.from(ids, (_, i) => i);
    await storage.embeddings.append(other, embeddingKey(potion), { ids, dim: 1, data });
    const encoder = new FrailEncoder([]);
    const { pairs } = await run(encoder, 500, { storage });
    expect(pairs).toEqual(everyRow(500));
    expect(encoder.embedded).toBe(200);
    const again = new FrailEncoder([]);
    await run(again, 500, { storage });
    expect(again.backends).toEqual([]);
  });

  it('gives up on an encoder that never works again', async () => {
    const always = Array.from({ length: 200 }, (_, i) => [i + 1, died] as const);
    await expect(run(new FrailEncoder(always), 500)).rejects.toMatchObject({ code: 'worker-died' });
  });

  it('is not started again when its model gives no embeddings, and nothing is stored', async () => {
    const encoder = new FrailEncoder([[1, new WinnowError('model-unsuitable')]]);
    const storage = new MemoryStorage();
    await expect(run(encoder, 20, { storage })).rejects.toMatchObject({ code: 'model-unsuitable' });
    expect(encoder.backends).toHaveLength(1);
    expect(await storage.embeddings.ids(PROJECT, embeddingKey(potion))).toEqual([]);
  });

  it('notes which texts were cut', async () => {
    const storage = new MemoryStorage();
    await run(new FrailEncoder([]), 20, { storage });
    const noted = truncatedIn(await storage.embeddings.getEncoderState(PROJECT, embeddingKey(potion)));
    expect(noted.map((id) => Number.parseInt(id, 16))).toEqual([7]);
    expect(truncatedIn(null)).toEqual([]);
    expect(truncatedIn({ truncated: [3, 'a'] })).toEqual(['a']);
  });
});
