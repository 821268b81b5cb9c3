import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import potion from '../../src/encoders/potion-base-2m.ts';
import type { ProjectSession } from '../../src/state/project.svelte.ts';
import { WordSideState } from '../../src/state/word-side.svelte.ts';
import { ReadyEncoder } from '../fakes/ready-encoder.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** An encoder that answers when it is let go, and notes when it is stopped. */
class HeldEncoder extends ReadyEncoder {
  stops = 0;
  readonly letGo: (() => void)[] = [];
  open() {
    return Promise.resolve({
      key: 'k' as never,
      backend: 'wasm' as const,
      fallback: null,
      threads: 1,
      dim: 1,
      lanes: 1,
    });
  }
  async embed(inputs: readonly unknown[]) {
    await new Promise<void>((resolve) => this.letGo.push(resolve));
    return { data: new Float32Array(inputs.length).fill(1), failed: [], truncated: [] };
  }
  stop(): void {
    this.stops++;
  }
}

function words() {
  const encoder = new HeldEncoder();
  const session = {
    id: 'p',
    services: { newEncoder: () => encoder },
    storage: {},
    encoding: { selected: potion, key: 'k', precision: 'fp32', isComplete: true },
    encoderLibrary: { isReady: () => true },
  };
  return { encoder, words: new WordSideState(session as unknown as ProjectSession) };
}
const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('the encoder for words rests a minute after the last call, not during a long one', async () => {
  const { encoder, words: side } = words();
  const { signal } = new AbortController();
  const short = side.embed(['a'], signal);
  const long = side.embed(['b'], signal);
  await settled();
  encoder.letGo.shift()?.();
  await short;
  // The other call takes more than the minute after which an idle encoder rests.
  await vi.advanceTimersByTimeAsync(90_000);
  expect(encoder.stops).toBe(0);
  encoder.letGo.shift()?.();
  expect([...(await long)]).toEqual([1]);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(encoder.stops).toBe(0);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(encoder.stops).toBe(1);
});
