import { afterEach, expect, test } from 'vitest';
import { LearnersAhead } from '../../src/platform/workers/learners-ahead.ts';

const learners = new LearnersAhead();
const Native = globalThis.Worker;
afterEach(() => {
  globalThis.Worker = Native;
});

test('a worker is ready before it is asked for, and the next one once it was stopped', async () => {
  let started = 0;
  globalThis.Worker = class extends Native {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      started++;
    }
  };
  learners.prepare();
  learners.prepare();
  expect(started).toBe(1);
  const learner = learners.take();
  expect((await learner.open('wasm')).backend).toBe('wasm');
  expect(started).toBe(1);
  learner.stop();
  expect(started).toBe(2);
  const next = learners.take();
  expect((await next.open('cpu')).backend).toBe('cpu');
  expect(started).toBe(2);
  next.onStop = () => undefined;
  next.stop();
});
