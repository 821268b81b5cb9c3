import { env } from '@huggingface/transformers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { inspectionSample } from '../../src/domain/samples/inspection.ts';
import mobilenet from '../../src/encoders/mobilenet-v2.ts';
import potion from '../../src/encoders/potion-base-2m.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import { scoreWithoutLabels } from '../../src/loop/zero-shot.ts';
import type { EncodeInput, Encoded } from '../../src/loop/encoder-ports.ts';
import { batchAt, dtypesFor, TransformersEngine } from '../../src/platform/transformers/transformers-engine.ts';
import { LocalTunings } from '../../src/platform/browser/tunings.ts';
import { LocalLearner } from '../../src/platform/learner/local-learner.ts';
import { WordEncoder } from '../../src/loop/word-encoder.ts';
import { WorkerEncoder } from '../../src/platform/workers/encode-client.ts';

const plan = (backend: 'wasm' | 'webgpu', threads: number | null = null) => ({
  backend,
  precision: 'fp32' as const,
  threads,
  batch: null,
});
const texts: EncodeInput[] = [
  { text: 'Where is my new card?' },
  { text: '' },
  { text: 'I would like to know how long a transfer to another country takes, please.' },
  { text: '\u{1F9FF}\u{10FFFF}' },
  { text: 'word '.repeat(600) },
];
const images: EncodeInput[] = [0, 1, 2].map((i) => ({ image: new Blob([inspectionSample(1, i).png as BlobPart]) }));
const hasModels = (await fetch(`/models/${potion.path}/config.json`)).ok;
const hasGpu = ((await (navigator.gpu as GPU | undefined)?.requestAdapter()) ?? null) !== null;

async function embed(spec: EncoderSpec, backend: 'wasm' | 'webgpu', inputs: EncodeInput[], threads?: number) {
  const encoder = new WorkerEncoder();
  try {
    const info = await encoder.open(spec, plan(backend, threads ?? null), null);
    expect(info.backend).toBe(backend);
    return { info, encoded: await encoder.embed(inputs) };
  } finally {
    encoder.stop();
  }
}
function rowsOf({ data }: Encoded, count: number): number[][] {
  const dim = data.length / count;
  return Array.from({ length: count }, (_, i) => [...data.subarray(i * dim, (i + 1) * dim)]);
}
/** Of unit vectors. */
const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0);

describe('weights', () => {
  const small: EncoderSpec = { ...potion, dtypes: { webgpu: 'fp16', wasm: 'q8' } };
  const wrong: EncoderSpec = { ...potion, dtypes: { webgpu: 'q8', wasm: 'q8' } };
  it('are halved on a graphics card that can, and never in 8 bits there', () => {
    expect(dtypesFor(small, 'webgpu', 'fp32', true)[0]).toBe('fp16');
    expect(dtypesFor(small, 'webgpu', 'fp32', false)[0]).toBe('fp32');
    expect(dtypesFor(wrong, 'webgpu', 'q8', true)[0]).toBe('fp32');
    expect(dtypesFor(small, 'wasm', 'q8', false)[0]).toBe('q8');
    expect(dtypesFor(small, 'wasm', 'fp32', false)[0]).toBe('fp32');
  });
});

describe('what a model runs at once', () => {
  it('is what was found where it runs: a batch for a graphics card would choke the processor', () => {
    expect(batchAt('webgpu', { webgpu: 8192 }, 'tokens')).toBe(8192);
    expect(batchAt('wasm', { webgpu: 8192 }, 'tokens')).toBe(128);
    expect(batchAt('wasm', { webgpu: 32, wasm: 8 }, 'images')).toBe(8);
    expect(batchAt('webgpu', null, 'images')).toBe(16);
  });
});

describe('what was measured of encoders', () => {
  it('is kept, and ignored when it makes no sense', () => {
    localStorage.removeItem('winnow-tuning-2');
    const tuning = { plan: { ...plan('wasm'), batch: { wasm: 512 } }, ratePerS: 12.5 };
    new LocalTunings().put('a', tuning);
    new LocalTunings().put('b', { ...tuning, ratePerS: 3 });
    expect(new LocalTunings().get('a')).toEqual(tuning);
    expect(new LocalTunings().get('c')).toBeNull();
    for (const damaged of ['{"a', '{"a":{"plan":null}}', '{"a":{"plan":{"batch":512}}}', '3']) {
      localStorage.setItem('winnow-tuning-2', damaged);
      expect(new LocalTunings().get('a')).toBeNull();
    }
    expect(new LocalTunings(null).get('a')).toBeNull();
    localStorage.removeItem('winnow-tuning-2');
  });
});

describe.skipIf(!hasModels)('transformers.js encoders in their workers', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('give every text a finite vector of length 1, also an empty one, and say which were cut', async () => {
    const { encoded, info } = await embed(potion, 'wasm', texts);
    for (const row of rowsOf(encoded, texts.length)) expect(cosine(row, row)).toBeCloseTo(1, 4);
    expect(encoded.truncated).toEqual([4]);
    expect(encoded.failed).toEqual([]);
    expect(info.threads).toBe(navigator.hardwareConcurrency);
  });

  it('give a text the same vector whatever it is embedded with', async () => {
    const { encoded } = await embed(potion, 'wasm', texts);
    const alone = await embed(potion, 'wasm', texts.slice(0, 1), 1);
    expect(cosine(rowsOf(encoded, texts.length)[0] ?? [], rowsOf(alone.encoded, 1)[0] ?? [])).toBeCloseTo(1, 5);
    expect(alone.info.threads).toBe(1);
  });

  it('give every item its own vector when copies of the model share the work', async () => {
    const many = Array.from({ length: 5 }, (_, i) => ({ image: new Blob([inspectionSample(2, i).png as BlobPart]) }));
    const shared = await embed(mobilenet, 'wasm', many);
    const alone = await embed(mobilenet, 'wasm', many, 1);
    expect(alone.info.lanes).toBe(1);
    expect(shared.info.lanes).toBe(Math.min(4, navigator.hardwareConcurrency));
    const other = rowsOf(alone.encoded, many.length);
    rowsOf(shared.encoded, many.length).forEach((row, i) => {
      expect(cosine(row, other[i] ?? [])).toBeCloseTo(1, 5);
      expect(cosine(row, other[(i + 1) % many.length] ?? [])).toBeLessThan(0.9999);
    });
  });

  it('leave a core to the page where tokenising is most of the work', async () => {
    const { info } = await embed(potion, 'wasm', texts);
    expect(info.lanes).toBe(Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)));
  });

  it('score texts against the names of classes before any label', async () => {
    const notes = [{ text: 'My card was stolen in the street.' }, { text: 'What is the exchange rate for euros?' }];
    const { encoded, info } = await embed(potion, 'wasm', notes);
    const words = new WordEncoder(() => new WorkerEncoder());
    const side = { spec: potion, precision: 'fp32', key: 'potion', readState: () => Promise.resolve(null) } as const;
    const learner = new LocalLearner();
    await learner.open('cpu');
    await learner.load(encoded.data, notes.length, info.dim);
    const { scores } = await scoreWithoutLabels({
      classes: [
        { name: 'lost or stolen card', guideline: '' },
        { name: 'exchange rate', guideline: 'What a currency costs. Euros and dollars.' },
      ],
      embed: (all) => words.embed(side, all, new AbortController().signal),
      compare: (vectors, count) => learner.similarities(vectors, count),
    });
    words.rest();
    const [a = 0, b = 0, c = 0, d = 0] = scores;
    expect(a).toBeGreaterThan(b);
    expect(d).toBeGreaterThan(c);
  });

  it('leave out a picture that cannot be decoded and give the others their vectors', async () => {
    const broken = { image: new Blob([inspectionSample(1, 0).png.slice(0, 40) as BlobPart]) };
    const { encoded } = await embed(mobilenet, 'wasm', [broken, ...images.slice(0, 1)]);
    expect(encoded.failed).toEqual([{ index: 0, reason: 'The browser could not decode this image.' }]);
    const [first = [], second = []] = rowsOf(encoded, 2);
    expect(cosine(first, first)).toBe(0);
    expect(cosine(second, second)).toBeCloseTo(1, 4);
  });

  it.skipIf(!hasGpu).each([
    { spec: potion, inputs: texts },
    // One picture: a graphics card in software takes long for each.
    { spec: mobilenet, inputs: images.slice(0, 1) },
  ])('give the same vectors on WebGPU as on WebAssembly: $spec.id', async ({ spec, inputs }) => {
    const wasm = await embed(spec, 'wasm', inputs);
    const webgpu = await embed(spec, 'webgpu', inputs);
    const other = rowsOf(webgpu.encoded, inputs.length);
    rowsOf(wasm.encoded, inputs.length).forEach((row, i) => {
      expect(cosine(row, other[i] ?? [])).toBeGreaterThanOrEqual(0.999);
    });
  });

  const some: EncodeInput[] = Array.from({ length: 8 }, (_, i) => images[i % images.length] ?? { text: '' });
  const many: EncodeInput[] = Array.from({ length: 20_000 }, (_, i) => ({ text: `Where is my card number ${i}?` }));
  it.each([
    { spec: potion, inputs: many, which: 0 },
    { spec: potion, inputs: many, which: 1 },
    { spec: mobilenet, inputs: some, which: 2 },
    { spec: mobilenet, inputs: some, which: 3 },
  ])(
    'notice that worker $which of $spec.id was ended without a word, and work again',
    async ({ spec, inputs, which }) => {
      const made: Worker[] = [];
      vi.stubGlobal(
        'Worker',
        class extends Worker {
          constructor(url: string | URL, options?: WorkerOptions) {
            super(url, options);
            made.push(this);
          }
        },
      );
      const encoder = new WorkerEncoder();
      const { lanes } = await encoder.open(spec, plan('wasm'), null);
      expect(made).toHaveLength(2 * lanes);
      // A machine with one core has one copy: its own workers are ended.
      const call = encoder.embed(inputs);
      made[which % made.length]?.terminate();
      await expect(call).rejects.toMatchObject({ code: 'worker-died' });
      encoder.stop();
      await encoder.open(spec, plan('wasm'), null);
      expect((await encoder.embed(inputs.slice(0, 3))).data.every(Number.isFinite)).toBe(true);
      encoder.stop();
    },
  );

  it.skipIf(!hasGpu)('say so when the graphics card is lost, instead of waiting for ever', async () => {
    const engine = await TransformersEngine.open(potion, plan('webgpu'), location.origin);
    const tokens = { kind: 'tokens', ids: Int32Array.of(2, 2057), lengths: Int32Array.of(2), truncated: [] } as const;
    expect((await engine.embed(tokens)).data.every(Number.isFinite)).toBe(true);
    const device = await (env.backends.onnx as unknown as { webgpu: { device: Promise<GPUDevice> } }).webgpu.device;
    device.destroy();
    await device.lost;
    await expect(engine.embed(tokens)).rejects.toMatchObject({ code: 'gpu-lost' });
  });
});
