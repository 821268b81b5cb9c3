import { describe, expect, it } from 'vitest';
import { itemId, projectId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import builtinText from '../../src/encoders/builtin-text.ts';
import { embedItems, embeddingKey, loadMatrix, type EmbedOptions } from '../../src/loop/embed-items.ts';
import type { EncodeInput, Encoder, EncoderInfo } from '../../src/loop/ports.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';

const PROJECT = projectId('p');
const KEY = embeddingKey(builtinText);

function items(count: number): Item[] {
  return Array.from({ length: count }, (_, row) => ({
    id: itemId(row.toString(16).padStart(64, '0')),
    row,
    modality: 'text',
    paths: [`${row}`],
    sizeBytes: 1,
    width: 0,
    height: 0,
    preview: '',
    hint: null,
  }));
}

/** An encoder that writes the length of a text; texts that say `bad` break it for good, as a real engine's chain breaks. */
class LengthEncoder implements Encoder {
  opened = 0;
  fitted = 0;
  embedded = 0;
  #isBroken = false;
  onEmbed: () => void = () => undefined;

  open(): Promise<EncoderInfo> {
    this.opened++;
    this.#isBroken = false;
    return Promise.resolve({ key: KEY, backend: 'cpu', dim: 2, fallback: null });
  }
  needsFit(): boolean {
    return true;
  }
  fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    this.fitted += inputs.length;
    return Promise.resolve();
  }
  fitEnd(): Promise<unknown> {
    return Promise.resolve({ learnt: this.fitted });
  }
  embed(inputs: readonly EncodeInput[]): Promise<Float32Array> {
    const texts = inputs.map((i) => ('text' in i ? i.text : ''));
    if (this.#isBroken || texts.includes('bad')) {
      this.#isBroken = true;
      return Promise.reject(new Error('the engine broke'));
    }
    this.embedded += texts.length;
    this.onEmbed();
    return Promise.resolve(Float32Array.from(texts.flatMap((t) => [t.length, 1])));
  }
  stop(): void {
    this.#isBroken = true;
  }
}

function options(
  storage: MemoryStorage,
  encoder: LengthEncoder,
  list: readonly Item[],
  more: Partial<EmbedOptions> = {},
) {
  return {
    encoder,
    spec: builtinText,
    backend: 'auto',
    store: storage.embeddings,
    project: PROJECT,
    items: list,
    load: (part: readonly Item[]) => Promise.resolve(part.map((item) => ({ text: 'x'.repeat(item.row + 1) }))),
    signal: new AbortController().signal,
    onInfo: () => undefined,
    onProgress: () => undefined,
    onStored: () => undefined,
    ...more,
  } satisfies EmbedOptions;
}

describe('embedding the items of a project', () => {
  it('learns once, stores every item by its row, and computes only what is new', async () => {
    const storage = new MemoryStorage();
    const encoder = new LengthEncoder();
    await embedItems(options(storage, encoder, items(300)));
    expect(encoder.fitted).toBe(300);
    const all = items(305);
    const stored: string[] = [];
    await embedItems(options(storage, encoder, all, { onStored: (ids) => stored.push(...ids) }));
    expect(encoder.fitted).toBe(300);
    expect(stored).toEqual(all.slice(300).map((i) => i.id));
    const { data, dim, missing } = await loadMatrix(storage.embeddings, PROJECT, KEY, all);
    expect([dim, missing.length]).toEqual([2, 0]);
    expect(all.map((i) => data[i.row * 2])).toEqual(all.map((i) => i.row + 1));
  });

  it('finds the one item that breaks the engine, reports it and keeps the others', async () => {
    const storage = new MemoryStorage();
    const encoder = new LengthEncoder();
    const list = items(70);
    const load = (part: readonly Item[]) =>
      Promise.resolve(part.map((item) => (item.row === 5 ? null : { text: item.row === 40 ? 'bad' : 'good' })));
    const { failed } = await embedItems(options(storage, encoder, list, { load }));
    expect(failed.map((f) => Number.parseInt(f.item, 16))).toEqual([5, 40]);
    const { missing } = await loadMatrix(storage.embeddings, PROJECT, KEY, list);
    expect(missing).toEqual([5, 40]);
    expect(encoder.opened).toBeGreaterThan(1);
  });

  it('gives up when nothing can be embedded, instead of trying forever', async () => {
    const load = (part: readonly Item[]) => Promise.resolve(part.map(() => ({ text: 'bad' })));
    await expect(embedItems(options(new MemoryStorage(), new LengthEncoder(), items(40), { load }))).rejects.toThrow(
      'the engine broke',
    );
  });

  it('stops on a cancel, keeps the chunks that are stored, and goes on from there', async () => {
    const storage = new MemoryStorage();
    const encoder = new LengthEncoder();
    const list = items(600);
    const controller = new AbortController();
    encoder.onEmbed = () => {
      if (encoder.embedded > 300) controller.abort();
    };
    await expect(embedItems(options(storage, encoder, list, { signal: controller.signal }))).rejects.toThrow();
    const kept = await storage.embeddings.ids(PROJECT, KEY);
    expect(kept).toHaveLength(256);
    encoder.onEmbed = () => undefined;
    encoder.embedded = 0;
    await embedItems(options(storage, encoder, list));
    expect(encoder.embedded).toBe(600 - 256);
    expect(await storage.embeddings.ids(PROJECT, KEY)).toHaveLength(600);
  });

  it('can be cancelled while the encoder learns', async () => {
    const encoder = new LengthEncoder();
    const controller = new AbortController();
    let stopped = false;
    encoder.fitEnd = () =>
      new Promise((_, reject) => {
        encoder.stop = () => {
          stopped = true;
          reject(new DOMException('The task was cancelled.', 'AbortError'));
        };
        controller.abort();
      });
    await expect(
      embedItems(options(new MemoryStorage(), encoder, items(10), { signal: controller.signal })),
    ).rejects.toThrow('cancelled');
    expect(stopped).toBe(true);
  });
});
