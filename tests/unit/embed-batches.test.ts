import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { planBatches } from '../../src/domain/embedding/batch-plan.ts';
import { firstToken, meanPool } from '../../src/domain/embedding/pooling.ts';
import { pressColours } from '../../src/domain/embedding/press-colours.ts';
import { resample, type ScaledPart } from '../../src/domain/embedding/resample.ts';
import { isPressJpeg } from '../../src/formats/sniff.ts';

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

  // Each output pixel lies at its number times the step, from the first pixel's middle.
  it('takes every second pixel at half the size', () => {
    const out = resample(grey([10, 20, 30, 40, 50, 60, 70, 80]), 8, 1, whole(4, 1), 'bilinear');
    expect([...out.slice(0, 4)]).toEqual([10, 30, 50, 70]);
  });

  it('mixes neighbours at twice the size and repeats the last pixel', () => {
    const out = resample(grey([0, 100]), 2, 1, whole(4, 1), 'bilinear');
    expect([...out.slice(0, 4)]).toEqual([0, 50, 100, 100]);
  });

  it('weighs four pixels by -1/16, 9/16, 9/16, -1/16 halfway between two, bicubic', () => {
    const out = resample(grey([0, 160, 32, 0]), 4, 1, whole(8, 1), 'bicubic');
    expect(out[3]).toBe((9 * (160 + 32)) / 16);
  });

  it.each(['bilinear', 'bicubic', 'lanczos'] as const)('keeps an even colour even, %s', (kernel) => {
    const out = resample(grey(new Array<number>(35).fill(77)), 7, 5, whole(16, 3), kernel);
    for (const value of out) expect(value).toBe(77);
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

describe('pictures in printing inks', () => {
  const segment = (marker: number, body: readonly number[]) => [0xff, marker, 0, body.length + 2, ...body];
  const frame = (colours: number) =>
    segment(0xc0, [8, 0, 16, 0, 16, colours, ...new Array<number>(colours * 3).fill(0)]);
  const profile = segment(0xe2, [0x49, 0x43, 0x43, 0x5f, 0, 0]);
  const jpeg = (...parts: readonly (readonly number[])[]) => Uint8Array.from([0xff, 0xd8, ...parts.flat(), 0xff, 0xda]);
  it('are JPEGs of four colours without a profile', () => {
    expect(isPressJpeg(jpeg(frame(4)))).toBe(true);
    expect(isPressJpeg(jpeg(profile, frame(4)))).toBe(false);
    expect(isPressJpeg(jpeg(frame(3)))).toBe(false);
    expect(isPressJpeg(Uint8Array.of(0x89, 0x50))).toBe(false);
  });
  it('keep paper white and become duller than the browser shows them', () => {
    const white = Float32Array.of(255, 255, 255);
    pressColours(white);
    for (const value of white) expect(value).toBeGreaterThan(249);
    // Full cyan is (0, 255, 255) in the browser and about (0, 174, 239) in print.
    const cyan = Float32Array.of(0, 255, 255);
    pressColours(cyan);
    expect(cyan[0]).toBeLessThan(30);
    expect(cyan[1]).toBeGreaterThan(140);
    expect(cyan[1]).toBeLessThan(200);
  });
});
