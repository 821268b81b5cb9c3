import { describe, expect, it } from 'vitest';
import { WinnowError } from '../../src/domain/errors.ts';
import type { BackendChoice } from '../../src/domain/events.ts';
import potion from '../../src/encoders/potion-base-2m.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import { earlierLearnings, embeddingKey, precisionInUse, precisionOf } from '../../src/loop/embedding-key.ts';
import { tuneEncoder } from '../../src/loop/tune-encoder.ts';
import type { EncodeInput, Encoded, EncoderInfo, RunPlan } from '../../src/loop/encoder-ports.ts';
import { ReadyEncoder } from '../fakes/ready-encoder.ts';

/** Milliseconds that a call takes, or that it fails, by place and batch; `auto` is a graphics card. */
type Times = Readonly<Record<string, Readonly<Record<number, number | 'fails'>>>>;

class TimedEncoder extends ReadyEncoder {
  now = 0;
  stopped = 0;
  lanes = 1;
  fallback: string | null = null;
  diesOnCard = false;
  #backend: 'webgpu' | 'wasm' = 'wasm';
  readonly opened: string[] = [];
  /** Items of each call. */
  readonly calls: number[] = [];
  readonly #times: Times;
  constructor(times: Times) {
    super();
    this.#times = times;
  }
  open(_spec: unknown, plan: RunPlan): Promise<EncoderInfo> {
    this.opened.push(plan.backend);
    if (plan.backend === 'auto' && this.diesOnCard) return Promise.reject(new WinnowError('worker-died'));
    this.#backend = plan.backend === 'wasm' || !this.#times['webgpu'] ? 'wasm' : 'webgpu';
    const { lanes, fallback } = this;
    return Promise.resolve({ key: 'k', backend: this.#backend, dim: 1, fallback, threads: lanes, lanes });
  }
  embed(inputs: readonly EncodeInput[], batch = 0): Promise<Encoded> {
    this.calls.push(inputs.length);
    const time = this.#times[this.#backend]?.[batch] ?? 0;
    if (time === 'fails') return Promise.reject(new WinnowError('gpu-lost'));
    this.now += time;
    return Promise.resolve({ data: new Float32Array(inputs.length), failed: [], truncated: [] });
  }
  stop(): void {
    this.stopped++;
  }
}
const sample = Array.from({ length: 50 }, (_, i) => ({ text: `${i}` }));
const said: string[] = [];
const tune = (encoder: TimedEncoder, backend: BackendChoice = 'auto') => {
  said.length = 0;
  return tuneEncoder({
    encoder,
    spec: potion,
    backend,
    precision: 'fp32',
    sample,
    signal: new AbortController().signal,
    now: () => encoder.now,
    onFallback: (sentence) => said.push(sentence),
  });
};

describe('the trial of an encoder', () => {
  it('takes the batch that is fastest, and its rate', async () => {
    const encoder = new TimedEncoder({ wasm: { 128: 900, 512: 800, 1024: 500 } });
    const { plan, ratePerS } = await tune(encoder);
    expect(plan).toEqual({ backend: 'wasm', precision: 'fp32', threads: null, batch: { wasm: 1024 } });
    expect(ratePerS).toBe(100);
    expect(encoder.opened).toEqual(['auto']);
    expect(encoder.stopped).toBeGreaterThan(0);
  });

  it.each([
    // Not the card by name, which would take whatever calls itself one: the choice stays as it was.
    { webgpu: { 2048: 100, 8192: 50 }, backend: 'auto', ratePerS: 1000 },
    { webgpu: { 2048: 2000, 8192: 1500 }, backend: 'wasm', ratePerS: 125 },
  ])('prefers $backend where it is faster', async ({ webgpu, backend, ratePerS }) => {
    const encoder = new TimedEncoder({ webgpu, wasm: { 128: 400, 512: 500, 1024: 800 } });
    const tuning = await tune(encoder);
    expect(tuning).toMatchObject({ plan: { backend, batch: { webgpu: 8192, wasm: 128 } }, ratePerS });
    expect(encoder.opened).toEqual(['auto', 'wasm']);
  });

  it('does not try a slow encoder again and again, nor a backend that was not asked for', async () => {
    const encoder = new TimedEncoder({ webgpu: { 2048: 1 }, wasm: { 128: 6000, 512: 1, 1024: 1 } });
    expect((await tune(encoder, 'wasm')).plan.batch).toEqual({ wasm: 128 });
    expect(encoder.opened).toEqual(['wasm']);
  });

  it('keeps the best batch when a larger one fails', async () => {
    const encoder = new TimedEncoder({ webgpu: { 2048: 100, 8192: 'fails' }, wasm: { 128: 900, 512: 'fails' } });
    const { plan } = await tune(encoder);
    expect(plan).toMatchObject({ backend: 'auto', batch: { webgpu: 2048, wasm: 128 } });
    expect(said).toEqual([]);
  });

  it.each([false, true])('moves to the processor when the graphics card fails, and says so: %s', async (dies) => {
    const encoder = new TimedEncoder({ webgpu: { 0: 'fails' }, wasm: { 128: 400, 512: 500, 1024: 800 } });
    encoder.diesOnCard = dies;
    expect((await tune(encoder)).plan).toMatchObject({ backend: 'wasm', batch: { wasm: 128 } });
    expect(said).toEqual(['potion-base-2M runs on the processor (WebAssembly): the graphics card failed in a trial.']);
  });

  it('fails where the graphics card was asked for and fails, or nothing works', async () => {
    const times = { webgpu: { 2048: 'fails' }, wasm: { 128: 'fails' } } as const;
    await expect(tune(new TimedEncoder(times), 'webgpu')).rejects.toMatchObject({ code: 'gpu-lost' });
    await expect(tune(new TimedEncoder(times))).rejects.toMatchObject({ code: 'gpu-lost' });
    expect(said).toEqual([]);
  });

  it('leaves the choice as it was where the card could not be started: every run says so by itself', async () => {
    const encoder = new TimedEncoder({ wasm: { 128: 900, 512: 950 } });
    encoder.fallback = 'It runs on the processor.';
    expect((await tune(encoder)).plan).toMatchObject({ backend: 'auto', batch: { wasm: 1024 } });
    expect(encoder.opened).toEqual(['auto']);
  });

  it('warms every copy of the model', async () => {
    const encoder = new TimedEncoder({ wasm: { 128: 900 } });
    encoder.lanes = 3;
    await tune(encoder);
    expect(encoder.calls[0]).toBe(12);
  });
});

describe('the precision of embeddings', () => {
  const q8: EncoderSpec = { ...potion, dtypes: { webgpu: 'fp16', wasm: 'q8' } };
  it('is 8 bits on the processor only, where the encoder has them', () => {
    expect([precisionOf(q8, 'wasm'), precisionOf(q8, 'webgpu'), precisionOf(potion, 'wasm')]).toEqual([
      'q8',
      'fp32',
      'fp32',
    ]);
    expect(embeddingKey(potion)).toBe('potion-base-2m@1-fp32');
    const third = { ...potion, learning: 3 };
    expect(embeddingKey({ ...potion, learning: 1 })).toBe(embeddingKey(potion));
    expect(embeddingKey(third)).toBe('potion-base-2m@1.3-fp32');
    const keys = [embeddingKey(potion), embeddingKey(third), 'builtin-text@1-fp32'];
    expect(earlierLearnings(third, keys)).toEqual([embeddingKey(potion)]);
    expect(earlierLearnings(potion, keys)).toEqual([]);
  });
  it('stays what it was in a project that was begun elsewhere', () => {
    expect(precisionInUse(q8, [embeddingKey(q8, 'fp32')], 'wasm')).toBe('fp32');
    expect(precisionInUse(q8, [embeddingKey(q8, 'q8')], 'webgpu')).toBe('q8');
    expect(precisionInUse(q8, [embeddingKey(q8, 'q8'), embeddingKey(q8, 'fp32')], 'webgpu')).toBe('fp32');
    expect(precisionInUse(q8, ['builtin-text@1-fp32'], 'wasm')).toBe('q8');
  });
});
