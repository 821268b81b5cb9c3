import { describe, expect, it } from 'vitest';
import { embedLatentSemantic, fitLatentSemantic } from '../../src/domain/embedding/latent-semantic.ts';
import { embedPatches, fitPatchModel, IMAGE_BYTES, SIDE } from '../../src/domain/embedding/patch-features.ts';
import { seededRandom } from '../../src/domain/random.ts';

const nothing = (): void => undefined;

/** RGBA bytes of `count` images: stripes or spots of a random colour, or what `flat` says. */
function images(count: number, seed: number, flat?: number): Uint8Array {
  const random = seededRandom(seed);
  const out = new Uint8Array(count * IMAGE_BYTES).fill(255);
  for (let i = 0; i < count; i++) {
    const colour = [random.below(200), random.below(200), random.below(200)];
    const period = 3 + random.below(9);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const isOn = (i % 2 === 0 ? x % period : (x + y) % period) < period / 2;
        for (let c = 0; c < 3; c++) {
          out[i * IMAGE_BYTES + (y * SIDE + x) * 4 + c] = flat ?? (isOn ? (colour[c] ?? 0) : 240);
        }
      }
    }
  }
  return out;
}

function rowsOf(data: Float32Array, count: number): Float32Array[] {
  const dim = data.length / count;
  return Array.from({ length: count }, (_, i) => data.slice(i * dim, (i + 1) * dim));
}
const norm = (row: Float32Array): number => Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);

describe('built-in image encoder', () => {
  it.each([1, 2, 60])('learns from a pool of %i and gives unit rows', (count) => {
    const pool = images(count, 1);
    const model = fitPatchModel(pool, count, nothing);
    const rows = rowsOf(embedPatches(model, pool, count), count);
    for (const row of rows) {
      expect(row.every(Number.isFinite)).toBe(true);
      expect(norm(row)).toBeCloseTo(1, 5);
    }
  });

  it('puts stripes nearer to stripes than to diagonals, whatever their colour', () => {
    const model = fitPatchModel(images(80, 2), 80, nothing);
    const rows = rowsOf(embedPatches(model, images(40, 3), 40), 40);
    let [same, other, sameCount, otherCount] = [0, 0, 0, 0];
    rows.forEach((a, i) => {
      rows.forEach((b, j) => {
        if (i >= j) return;
        if (i % 2 === j % 2) [same, sameCount] = [same + cosine(a, b), sameCount + 1];
        else [other, otherCount] = [other + cosine(a, b), otherCount + 1];
      });
    });
    expect(same / sameCount).toBeGreaterThan(other / otherCount + 0.05);
  });

  it('is the same for the same pool, and finite for black, white and flat images', () => {
    const pool = images(30, 4);
    const [a, b] = [fitPatchModel(pool, 30, nothing), fitPatchModel(pool, 30, nothing)];
    expect(b).toEqual(a);
    for (const flat of [0, 255, 127]) {
      const [row] = rowsOf(embedPatches(a, images(1, 5, flat), 1), 1);
      expect(row?.every(Number.isFinite)).toBe(true);
      expect(norm(row ?? new Float32Array())).toBeCloseTo(1, 5);
    }
    const dull = fitPatchModel(images(6, 6, 90), 6, nothing);
    expect(embedPatches(dull, pool, 30).every(Number.isFinite)).toBe(true);
  });

  it('reports its progress up to the end', () => {
    const seen: number[] = [];
    fitPatchModel(images(70, 7), 70, (share) => seen.push(share));
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });
});

describe('built-in text encoder', () => {
  const pool = Array.from({ length: 60 }, (_, i) =>
    i % 2 === 0 ? `my card number ${i} was stolen in town` : `please send the invoice for month ${i} again`,
  );

  it.each([1, 2, 60])('learns from a pool of %i and gives unit rows', (count) => {
    const some = pool.slice(0, count);
    const model = fitLatentSemantic(some, nothing);
    for (const row of rowsOf(embedLatentSemantic(model, some), count)) {
      expect(row.every(Number.isFinite)).toBe(true);
      expect(norm(row)).toBeCloseTo(1, 5);
    }
  });

  it('puts texts of one kind together and gives unknown and empty texts finite rows', () => {
    const model = fitLatentSemantic(pool, nothing);
    const [card, other, invoice, none, blank] = rowsOf(
      embedLatentSemantic(model, ['the card was stolen', 'a stolen card in town', 'send the invoice', '漢字', '']),
      5,
    );
    if (!card || !other || !invoice || !none || !blank) throw new Error('There must be five rows.');
    expect(cosine(card, other)).toBeGreaterThan(cosine(card, invoice) + 0.2);
    for (const row of [none, blank]) expect(row.every(Number.isFinite)).toBe(true);
  });

  it('is the same for the same pool', () => {
    expect(fitLatentSemantic(pool, nothing)).toEqual(fitLatentSemantic(pool, nothing));
  });
});
