import { describe, expect, it } from 'vitest';
import { descriptionsOf, zeroShotScores } from '../../src/domain/embedding/zero-shot.ts';

describe('scores before any label', () => {
  it('are cosines to the mean of each class’s descriptions', () => {
    const items = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
    const scores = zeroShotScores(items, [Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 1)], 2);
    const half = Math.SQRT1_2;
    [half, 0, half, 1, 1.4 * half, 0.8].forEach((wanted, i) => expect(scores[i]).toBeCloseTo(wanted, 6));
  });
  it('are zero for a class that nothing describes', () => {
    expect([...zeroShotScores(Float32Array.of(1, 0), [new Float32Array(), Float32Array.of(0, 0)], 2)]).toEqual([0, 0]);
  });
  it('describe a class by its name and each sentence of its guideline', () => {
    expect(descriptionsOf('Refund', 'Money back. Not a refusal!\nAlso vouchers')).toEqual([
      'Refund',
      'Refund: Money back.',
      'Refund: Not a refusal!',
      'Refund: Also vouchers',
    ]);
    expect(descriptionsOf('Refund', ' ')).toEqual(['Refund']);
  });
});
