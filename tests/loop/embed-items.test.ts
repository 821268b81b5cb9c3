import { describe, expect, it } from 'vitest';
import { WinnowError } from '../../src/domain/errors.ts';
import { projectId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import builtinText from '../../src/encoders/builtin-text.ts';
import potion from '../../src/encoders/potion-base-2m.ts';
import { embedItems, type EmbedOptions } from '../../src/loop/embed-items.ts';
import { loadMatrix } from '../../src/loop/stored-embeddings.ts';
import { embeddingKey } from '../../src/loop/embedding-key.ts';
import type { EncodeInput, Encoded, Encoder, EncoderInfo, RunPlan } from '../../src/loop/encoder-ports.ts';
import { MemoryStorage } from '../fakes/memory-storage.ts';
import { textItems } from '../fixtures/log.ts';

const PROJECT = projectId('p');
const KEY = embeddingKey(builtinText);

const items = textItems;

/**
 * An encoder that writes the length of a text. Texts that say `bad` break it for good, as a real engine's chain breaks;
 * texts that say `odd` it can't read, and says so.
 */
class LengthEncoder implements Encoder {
  opened = 0;
  fitted = 0;
  embedded = 0;
  #isBroken = false;
  onEmbed: () => void = () => undefined;

  readonly states: unknown[] = [];
  open(_spec: unknown, _plan: unknown, state: unknown): Promise<EncoderInfo> {
    this.opened++;
    this.states.push(state);
    this.#isBroken = false;
    return Promise.resolve({ key: KEY, backend: 'cpu', dim: 2, fallback: null, threads: 1, lanes: 1 });
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
  embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    const texts = inputs.map((i) => ('text' in i ? i.text : ''));
    if (this.#isBroken || texts.includes('bad')) {
      this.#isBroken = true;
      return Promise.reject(new Error('the engine broke'));
    }
    this.embedded += texts.length;
    this.onEmbed();
    return Promise.resolve({
      data: Float32Array.from(texts.flatMap((t) => (t === 'odd' ? [0, 0] : [t.length, 1]))),
      failed: texts.flatMap((t, index) => (t === 'odd' ? [{ index, reason: 'It is odd.' }] : [])),
      truncated: texts.flatMap((t, index) => (t.length > 1000 ? [index] : [])),
    });
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
    plan: { backend: 'auto', precision: 'fp32', threads: null, batch: null },
    store: storage.embeddings,
    project: PROJECT,
    items: list,
    load: (part: readonly Item[]) => Promise.resolve(part.map((item) => ({ text: 'x'.repeat(item.row + 1) }))),
    signal: new AbortController().signal,
    onInfo: () => undefined,
    onFallback: () => undefined,
    onProgress: () => undefined,
    onTruncated: () => undefined,
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

  it('reads texts of about one length together, the longest first', async () => {
    const sizes: number[] = [];
    const list = items(900).map((item) => ({ ...item, sizeBytes: 1 + ((item.row * 7919) % 500) }));
    const load = (part: readonly Item[]) => {
      sizes.push(...part.map((item) => item.sizeBytes));
      return Promise.resolve(part.map((item) => ({ text: 'x'.repeat(item.sizeBytes) })));
    };
    const storage = new MemoryStorage();
    await embedItems({ ...options(storage, new LengthEncoder(), list, { load }), spec: potion });
    // After the sample that a built-in encoder learns from.
    expect(sizes.slice(-900)).toEqual(list.map((item) => item.sizeBytes).sort((a, b) => b - a));
    const { data } = await loadMatrix(storage.embeddings, PROJECT, embeddingKey(potion), list);
    expect(list.map((item) => data[item.row * 2])).toEqual(list.map((item) => item.sizeBytes));
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
    // A new worker gets what the old one had learnt from the 69 that could be read.
    expect(encoder.states).toEqual([null, ...Array<unknown>(encoder.opened - 1).fill({ learnt: 69, learntFrom: 69 })]);
  });

  it('lists items that the encoder says it cannot read, also a whole batch of them, without a new worker', async () => {
    const storage = new MemoryStorage();
    const encoder = new LengthEncoder();
    const list = items(70);
    const isOdd = (row: number): boolean => row === 3 || (row >= 32 && row < 64);
    const load = (part: readonly Item[]) =>
      Promise.resolve(part.map((item) => ({ text: isOdd(item.row) ? 'odd' : 'x'.repeat(item.row + 1) })));
    const { failed } = await embedItems(options(storage, encoder, list, { load }));
    const odd = list.filter((item) => isOdd(item.row));
    expect(failed).toEqual(odd.map((item) => ({ item: item.id, reason: 'It is odd.' })));
    const { data, missing } = await loadMatrix(storage.embeddings, PROJECT, KEY, list);
    expect(missing).toEqual(odd.map((item) => item.row));
    expect(data[69 * 2]).toBe(70);
    // Once to learn, once with what it has learnt.
    expect(encoder.states).toEqual([null, { learnt: 70, learntFrom: 70 }]);
  });

  it('lists every item of a project that has nothing readable', async () => {
    const storage = new MemoryStorage();
    const load = (part: readonly Item[]) => Promise.resolve(part.map(() => ({ text: 'odd' })));
    const { failed } = await embedItems(options(storage, new LengthEncoder(), items(300), { load }));
    expect(failed).toHaveLength(300);
    expect(await storage.embeddings.ids(PROJECT, KEY)).toEqual([]);
  });

  it('is started once more on the processor where its worker ends while it loads, and says so', async () => {
    const storage = new MemoryStorage();
    const places: string[] = [];
    const said: string[] = [];
    class Dying extends LengthEncoder {
      override open(spec: unknown, plan: RunPlan, state: unknown): Promise<EncoderInfo> {
        places.push(plan.backend);
        return plan.backend === 'wasm'
          ? super.open(spec, plan, state)
          : Promise.reject(new WinnowError('worker-died', 'It ended'));
      }
    }
    const onFallback = (sentence: string): void => void said.push(sentence);
    await embedItems(options(storage, new Dying(), items(3), { onFallback }));
    expect(places.slice(0, 2)).toEqual(['auto', 'wasm']);
    expect(said).toEqual(['The encoder ended while it was being started; it now runs on the processor.']);
    expect(await storage.embeddings.ids(PROJECT, KEY)).toHaveLength(3);
    class Dead extends LengthEncoder {
      override open(): Promise<EncoderInfo> {
        return Promise.reject(new WinnowError('worker-died', 'It ended again'));
      }
    }
    const again = embedItems(options(new MemoryStorage(), new Dead(), items(3)));
    await expect(again).rejects.toMatchObject({ code: 'worker-died' });
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
    const list = items(5000);
    const controller = new AbortController();
    encoder.onEmbed = () => {
      if (encoder.embedded > 3000) controller.abort();
    };
    await expect(embedItems(options(storage, encoder, list, { signal: controller.signal }))).rejects.toThrow();
    const kept = await storage.embeddings.ids(PROJECT, KEY);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(3000);
    encoder.onEmbed = () => undefined;
    encoder.embedded = 0;
    await embedItems(options(storage, encoder, list));
    expect(encoder.embedded).toBe(5000 - kept.length);
    expect(await storage.embeddings.ids(PROJECT, KEY)).toHaveLength(5000);
  });

  it.each(['open', 'fitBatch', 'fitEnd', 'embed'] as const)(
    'a cancel during %s ends the worker and takes effect though the call never returns',
    async (call) => {
      const encoder = new LengthEncoder();
      const controller = new AbortController();
      let opened = 0;
      let stopped = 0;
      encoder.stop = () => stopped++;
      const open = encoder.open.bind(encoder);
      encoder.open = (...given) => {
        opened++;
        return open(...given);
      };
      encoder[call] = () => {
        controller.abort();
        return new Promise<never>(() => undefined);
      };
      const storage = new MemoryStorage();
      const run = embedItems(options(storage, encoder, items(10), { signal: controller.signal }));
      await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
      expect(stopped).toBe(1);
      // What has learnt is opened again.
      expect(opened).toBe({ open: 0, fitBatch: 1, fitEnd: 1, embed: 2 }[call]);
      expect(await storage.embeddings.ids(PROJECT, KEY)).toEqual([]);
    },
  );

  it('a cancel while the sample is read starts no call to the encoder', async () => {
    const encoder = new LengthEncoder();
    const controller = new AbortController();
    const load = () => {
      controller.abort();
      return new Promise<never>(() => undefined);
    };
    const run = embedItems(options(new MemoryStorage(), encoder, items(10), { load, signal: controller.signal }));
    await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect([encoder.fitted, encoder.embedded]).toEqual([0, 0]);
  });

  it('after a cancelled fit the next run learns again', async () => {
    const storage = new MemoryStorage();
    const controller = new AbortController();
    const first = new LengthEncoder();
    first.fitEnd = () => {
      controller.abort();
      return Promise.resolve({ learnt: 0 });
    };
    await expect(embedItems(options(storage, first, items(10), { signal: controller.signal }))).rejects.toThrow();
    const second = new LengthEncoder();
    await embedItems(options(storage, second, items(10)));
    expect(second.fitted).toBe(10);
    expect(await storage.embeddings.ids(PROJECT, KEY)).toHaveLength(10);
  });
});
