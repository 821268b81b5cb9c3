import { expect, test } from 'vitest';
import { warmUp } from '../../src/platform/learner/warm-up.ts';

/** A clock that goes on by `step` milliseconds whenever it is read. */
function clock(step: number): () => number {
  let time = 0;
  return () => (time += step);
}

test('plays one round even without time for it', async () => {
  expect(await warmUp(0, clock(1000))).toBe(1);
});

test('plays rounds until the time is up', async () => {
  expect(await warmUp(250, clock(100))).toBe(3);
});
