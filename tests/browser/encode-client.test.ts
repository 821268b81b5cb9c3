import { beforeAll, expect, test } from 'vitest';
import { WinnowError, type ErrorCode } from '../../src/domain/errors.ts';
import builtinImage from '../../src/encoders/builtin-image.ts';
import minilm from '../../src/encoders/all-minilm-l6-v2.ts';
import type { EncoderInfo, RunPlan } from '../../src/loop/encoder-ports.ts';
import { WorkerEncoder, type Lane } from '../../src/platform/workers/encode-client.ts';

const PLAN: RunPlan = { backend: 'auto', precision: 'fp32', threads: 2, batch: null };
const INPUTS = Array.from({ length: 8 }, (_, i) => ({ text: `${i}` }));

beforeAll(() => {
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2, configurable: true });
});

/** Lanes that note what they were asked; those of a number in `failing` can't be opened. */
function lanes(
  failing: readonly number[],
  backend: EncoderInfo['backend'] = 'wasm',
  code: ErrorCode = 'encoder-failed',
) {
  const made: { plan: RunPlan | null; texts: string[]; isStopped: boolean }[] = [];
  const newLane = (): Lane => {
    const lane = { plan: null as RunPlan | null, texts: [] as string[], isStopped: false };
    // The constructor's own lane is number 0 and is never opened.
    const number = made.push(lane) - 1;
    return {
      open: (_, plan) => {
        lane.plan = plan;
        if (failing.includes(number)) return Promise.reject(new WinnowError(code, `lane ${number}`));
        return Promise.resolve({ backend, fallback: null, threads: plan.threads ?? 1, lanes: 1 } as EncoderInfo);
      },
      embed: (inputs) => {
        const texts = inputs.map((input) => ('text' in input ? input.text : ''));
        lane.texts.push(...texts);
        return Promise.resolve({ data: Float32Array.from(texts, Number), failed: [], truncated: [] });
      },
      fitBatch: () => Promise.resolve(),
      fitEnd: () => Promise.resolve(null),
      stop: () => {
        lane.isStopped = true;
      },
    };
  };
  return { made, encoder: new WorkerEncoder(newLane) };
}

test('two copies share the threads and the items, and give them back in order', async () => {
  const { made, encoder } = lanes([]);
  expect(await encoder.open(minilm, PLAN, null)).toMatchObject({ backend: 'wasm', threads: 2, lanes: 2 });
  expect(made.slice(1).map((lane) => lane.plan?.threads)).toEqual([1, 1]);
  const { data } = await encoder.embed(INPUTS);
  expect([...data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(made.slice(1).every((lane) => lane.texts.length > 0)).toBe(true);
  encoder.stop();
  expect(made.every((lane) => lane.isStopped)).toBe(true);
});

test('a copy that can’t be opened is ended and done without', async () => {
  const { made, encoder } = lanes([2]);
  expect(await encoder.open(minilm, PLAN, null)).toMatchObject({ threads: 1, lanes: 1 });
  expect(made[2]?.isStopped).toBe(true);
  expect([...(await encoder.embed(INPUTS)).data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(made[2]?.texts).toEqual([]);
});

test('an encoder whose first copy can’t be opened is not open, and no other copy is started', async () => {
  const { made, encoder } = lanes([1]);
  await expect(encoder.open(minilm, PLAN, null)).rejects.toMatchObject({ code: 'encoder-failed' });
  expect(made).toHaveLength(2);
});

test('a graphics card has one copy', async () => {
  const { made, encoder } = lanes([], 'webgpu');
  expect((await encoder.open(minilm, PLAN, null)).lanes).toBe(1);
  expect(made).toHaveLength(2);
});

test('an encoder that learns from the pool learns in one copy, and works in two with what it has learnt', async () => {
  const { made, encoder } = lanes([], 'cpu');
  expect((await encoder.open(builtinImage, PLAN, null)).lanes).toBe(1);
  expect(made).toHaveLength(2);
  expect(await encoder.open(builtinImage, PLAN, { learnt: true })).toMatchObject({ backend: 'cpu', lanes: 2 });
  expect(made[1]?.isStopped).toBe(true);
  expect([...(await encoder.embed(INPUTS)).data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('a model that can’t be started on the graphics card is opened in new workers on the processor, which is said', async () => {
  const { made, encoder } = lanes([1], 'wasm', 'gpu-unusable');
  const info = await encoder.open(minilm, PLAN, null);
  expect(info).toMatchObject({ backend: 'wasm', lanes: 2 });
  expect(info.fallback).toBe(
    'all-MiniLM-L6-v2 runs on the processor (WebAssembly): it could not be started on WebGPU.',
  );
  expect(made.map((lane) => [lane.plan?.backend, lane.isStopped])).toEqual([
    [undefined, true],
    ['auto', true],
    ['wasm', false],
    ['wasm', false],
  ]);
  encoder.stop();
});

test('a model that can be started nowhere is not open', async () => {
  const { made, encoder } = lanes([1, 2], 'wasm', 'gpu-unusable');
  await expect(encoder.open(minilm, PLAN, null)).rejects.toMatchObject({ code: 'gpu-unusable' });
  expect(made).toHaveLength(3);
});
