import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { planBatches } from '../../src/domain/embedding/batch-plan.ts';
import { firstToken, meanPool } from '../../src/domain/embedding/pooling.ts';
import { resample, type ScaledPart } from '../../src/domain/embedding/resample.ts';

describe('batches of texts', () => {
  it('hold every text once, longest first, within the budget', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 2048 }),
        fc.integer({ min: 1, max: 64 }),
        (lengths, tokens, rows) => {
          const batches = planBatches(lengths, { tokens, rows });
          const order = batches.flatMap((b) => [...b]);
          expect([...order].sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
          for (const batch of batches) {
            const longest = Math.max(1, lengths[batch[0] ?? 0] ?? 0);
            expect(batch.length).toBeLessThanOrEqual(rows);
            if (batch.length > 1) expect(batch.length * longest).toBeLessThanOrEqual(tokens);
          }
          for (let i = 1; i < order.length; i++) {
            expect(lengths[order[i - 1] ?? 0] ?? 0).toBeGreaterThanOrEqual(lengths[order[i] ?? 0] ?? 0);
          }
        },
      ),
    );
  });

  it('pad far less than batches in the order of the file', () => {
    const lengths = Array.from({ length: 512 }, (_, i) => 5 + ((i * 7919) % 60));
    const padded = planBatches(lengths, { tokens: 1024, rows: 64 }).reduce(
      (sum, b) => sum + b.length * (lengths[b[0] ?? 0] ?? 0),
      0,
    );
    const own = lengths.reduce((a, b) => a + b, 0);
    expect(padded / own).toBeLessThan(1.1);
  });
});

describe('pooling', () => {
  // Two rows of three tokens, two numbers each; the second row has one token of its own.
  const hidden = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 90, 90, 90, 90);
  it('averages the tokens that are not padding', () => {
    expect([...meanPool(hidden, [3, 1], 2, 3, 2)]).toEqual([3, 4, 7, 8]);
  });
  it('gives zeros, not NaN, for a text without tokens', () => {
    expect([...meanPool(hidden, [0, 1], 2, 3, 2)]).toEqual([0, 0, 7, 8]);
  });
  it('takes the first token of each row', () => {
    expect([...firstToken(hidden, 2, 3, 2)]).toEqual([1, 2, 7, 8]);
  });
});

describe('resampling', () => {
  const grey = (values: readonly number[]) => Uint8ClampedArray.from(values.flatMap((v) => [v, v, v, 255]));
  const whole = (width: number, height: number): ScaledPart => ({
    width,
    height,
    x: 0,
    y: 0,
    columns: width,
    rows: height,
  });

  // By hand: at half the size an inner pixel is 1/8, 3/8, 3/8, 1/8 of its four neighbours.
  it('makes a row smaller with a widened triangle', () => {
    const out = resample(grey([0, 0, 0, 0, 255, 255, 255, 255]), 8, 1, whole(4, 1), 'bilinear');
    expect([...out.slice(0, 4)].map((v) => Math.round(v))).toEqual([0, 32, 223, 255]);
  });

  it('makes a row larger between the centres of its pixels and keeps its ends', () => {
    const out = resample(grey([0, 100]), 2, 1, whole(4, 1), 'bilinear');
    expect([...out.slice(0, 4)]).toEqual([0, 25, 75, 100]);
  });

  it.each(['bilinear', 'bicubic', 'lanczos'] as const)('keeps an even colour even, %s', (kernel) => {
    const out = resample(grey(new Array<number>(35).fill(77)), 7, 5, whole(16, 3), kernel);
    for (const value of out) expect(value).toBeCloseTo(77, 3);
  });

  it('cuts out the same pixels that scaling the whole gives, and pads with black', () => {
    const values = Array.from({ length: 60 }, (_, i) => (i * 37) % 256);
    const all = resample(grey(values), 10, 6, whole(20, 12), 'bicubic');
    const part = resample(grey(values), 10, 6, { width: 20, height: 12, x: 3, y: -1, columns: 5, rows: 4 }, 'bicubic');
    for (let x = 0; x < 5; x++) {
      expect(part[x]).toBe(0);
      for (let y = 1; y < 4; y++) expect(part[y * 5 + x]).toBeCloseTo(all[(y - 1) * 20 + 3 + x] ?? NaN, 4);
    }
  });
});
