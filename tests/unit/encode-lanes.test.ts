import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { laneCount } from '../../src/domain/embedding/lanes.ts';
import minilm from '../../src/encoders/all-minilm-l6-v2.ts';
import mobilenet from '../../src/encoders/mobilenet-v2.ts';
import { weightBytes } from '../../src/encoders/spec.ts';
import type { Encoded } from '../../src/loop/encoder-ports.ts';
import { dealt, gathered } from '../../src/platform/workers/dealt.ts';

/** Embeds each number n as (n, -n); every fifth can't be read, every third is cut. */
function embed(hand: readonly number[]): Encoded {
  const indexes = (every: number): number[] => hand.flatMap((n, i) => (n % every === 0 ? [i] : []));
  return {
    data: Float32Array.from(hand.flatMap((n) => [n, -n])),
    failed: indexes(5).map((index) => ({ index, reason: `${hand[index]}` })),
    truncated: indexes(3),
  };
}

describe('copies of a model that compute side by side', () => {
  it('give together what one gives alone, in the same order', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 5 }), (count, lanes) => {
        const list = Array.from({ length: count }, (_, i) => i + 1);
        const hands = dealt(list, lanes);
        expect(hands.length).toBeLessThanOrEqual(lanes);
        expect(hands.flat().sort((a, b) => a - b)).toEqual(list);
        expect(gathered(hands.map(embed), count)).toEqual(embed(list));
      }),
    );
  });

  it('are used for what is worth dealing out', () => {
    expect(dealt([1, 2, 3], 4)).toEqual([[1, 2, 3]]);
    expect(dealt([1, 2, 3, 4, 5, 6, 7, 8], 4)).toEqual([
      [1, 3, 5, 7],
      [2, 4, 6, 8],
    ]);
    expect(dealt([], 2)).toEqual([[]]);
  });

  it('are as many as there are threads, as fit into memory, and as help', () => {
    expect(laneCount(1, 1e6, 8)).toBe(1);
    expect(laneCount(2, 90e6, 8)).toBe(2);
    expect(laneCount(16, 1e6, 8)).toBe(4);
    expect(laneCount(8, 350e6, 8)).toBe(1);
    expect(laneCount(8, 90e6, 4)).toBe(2);
    expect(laneCount(8, 1e9, 0.5)).toBe(1);
  });

  it('are counted by the weights that are computed with', () => {
    expect(weightBytes(minilm, 'fp32')).toBe(90_400_000);
    expect(weightBytes(minilm, 'q8')).toBe(23_000_000);
    expect(weightBytes(mobilenet, 'fp32')).toBe(mobilenet.sizeBytes);
  });
});
