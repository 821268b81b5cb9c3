import { describe, expect, it } from 'vitest';
import { multiplyTransposed, orthonormalise } from '../../src/domain/embedding/dense.ts';
import { embedLatentSemantic, fitLatentSemantic } from '../../src/domain/embedding/latent-semantic.ts';
import { wasmStationary } from '../../src/platform/wasm/wasm-matrix.ts';
import { embedPatches, fitPatchModel, IMAGE_BYTES, SIDE } from '../../src/domain/embedding/patch-features.ts';
import { fitPrincipalAxes, projectRows } from '../../src/domain/embedding/principal-axes.ts';
import { kMeans } from '../../src/domain/kmeans.ts';
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
  it.each([1, 2, 60, 300])('learns from a pool of %i and gives unit rows', (count) => {
    const pool = images(count, 1);
    const model = fitPatchModel(pool, count, nothing, wasmStationary);
    const rows = rowsOf(embedPatches(model, pool, count, wasmStationary), count);
    for (const row of rows) {
      expect(row.every(Number.isFinite)).toBe(true);
      expect(norm(row)).toBeCloseTo(1, 5);
    }
    for (const [i, row] of rows.entries()) {
      for (const other of rows.slice(0, i)) expect(cosine(row, other)).toBeLessThan(0.9999);
    }
  });

  it('puts stripes nearer to stripes than to diagonals, whatever their colour', () => {
    const model = fitPatchModel(images(80, 2), 80, nothing, wasmStationary);
    const rows = rowsOf(embedPatches(model, images(40, 3), 40, wasmStationary), 40);
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
    const [a, b] = [fitPatchModel(pool, 30, nothing, wasmStationary), fitPatchModel(pool, 30, nothing, wasmStationary)];
    expect(b).toEqual(a);
    // Without WebAssembly the same bits.
    expect(embedPatches(a, images(2, 8), 2)).toEqual(embedPatches(a, images(2, 8), 2, wasmStationary));
    for (const flat of [0, 255, 127]) {
      const [row] = rowsOf(embedPatches(a, images(1, 5, flat), 1, wasmStationary), 1);
      expect(row?.every(Number.isFinite)).toBe(true);
      expect(norm(row ?? new Float32Array())).toBeCloseTo(1, 5);
    }
    const dull = fitPatchModel(images(6, 6, 90), 6, nothing, wasmStationary);
    expect(embedPatches(dull, pool, 30, wasmStationary).every(Number.isFinite)).toBe(true);
  });

  it('reports its progress up to the end', () => {
    const seen: number[] = [];
    fitPatchModel(images(70, 7), 70, (share) => seen.push(share), wasmStationary);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });
});

describe('principal axes', () => {
  const blocks = [
    { size: 5, isStandardised: true },
    { size: 3, isStandardised: false },
  ];
  /** Rows of 8 features that depend on two numbers; feature 4 is constant. */
  const rank2 = (rows: number): Float32Array => {
    const random = seededRandom(8);
    return Float32Array.from(
      Array.from({ length: rows }, () => [random.normal(), random.normal()]).flatMap(([a = 0, b = 0]) => [
        a,
        b,
        a + b,
        a - b,
        7,
        2 * a,
        b / 2,
        3 * a - b,
      ]),
    );
  };

  it('finds as many axes as the features vary in, and ignores constant ones', () => {
    const x = rank2(50);
    const p = fitPrincipalAxes(x, 50, blocks);
    expect(p.dim).toBe(2);
    expect(p.scale[4]).toBe(0);
    for (const row of rowsOf(projectRows(p, x, 50), 50)) expect(norm(row)).toBeCloseTo(1, 5);
  });

  it('gives every block the same mean squared length', () => {
    const [n, x] = [50, rank2(50)];
    const p = fitPrincipalAxes(x, n, blocks);
    const lengths = [0, 0];
    for (let i = 0; i < n * 8; i++) {
      const f = i % 8;
      const z = ((x[i] ?? 0) - (p.mean[f] ?? 0)) * (p.scale[f] ?? 0);
      lengths[f < 5 ? 0 : 1] = (lengths[f < 5 ? 0 : 1] ?? 0) + (z * z) / n;
    }
    for (const length of lengths) expect(length).toBeCloseTo(1, 4);
  });

  it.each([1, 20])('gives unit rows for %i equal rows', (rows) => {
    const x = Float32Array.from({ length: rows * 8 }, (_, i) => i % 8);
    const p = fitPrincipalAxes(x, rows, blocks);
    for (const row of rowsOf(projectRows(p, x, rows), rows)) {
      expect(row.every(Number.isFinite)).toBe(true);
      expect(norm(row)).toBeCloseTo(1, 5);
    }
  });
});

describe('dense algebra', () => {
  it.each([
    [1, 1, 3],
    [2, 4, 5],
    [3, 7, 6],
    [5, 9, 1],
  ])('multiplies %i x inner by the transpose of %i x inner as the plain sum does', (n, m, inner) => {
    const random = seededRandom(n);
    const a = Float64Array.from({ length: n * inner }, () => random.normal());
    const b = Float64Array.from({ length: m * inner }, () => random.normal());
    const out = new Float64Array(n * m).fill(9);
    multiplyTransposed(a, b, n, m, inner, out);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += (a[i * inner + k] ?? 0) * (b[j * inner + k] ?? 0);
        expect(out[i * m + j]).toBeCloseTo(sum, 12);
      }
    }
  });

  it('makes columns orthonormal and dependent ones zero', () => {
    const m = Float64Array.from([1, 2, 1, 1, 2, 0, 1, 2, 3]);
    orthonormalise(m, 3, 3);
    const dot = (a: number, b: number): number =>
      [0, 1, 2].reduce((sum, i) => sum + (m[i * 3 + a] ?? 0) * (m[i * 3 + b] ?? 0), 0);
    expect([dot(0, 0), dot(1, 1), dot(2, 2)].map((v) => Math.round(v * 1e9) / 1e9)).toEqual([1, 0, 1]);
    expect(dot(0, 2)).toBeCloseTo(0, 12);
  });

  it('k-means with several trials per seed does not settle on outliers', () => {
    const random = seededRandom(12);
    const data = Float64Array.from({ length: 600 }, (_, i) => (i % 3) * 10 + random.normal());
    const spread = (trials: number): number => {
      let sum = 0;
      for (let seed = 0; seed < 10; seed++) {
        sum += kMeans(data, 600, 1, 3, seededRandom(seed), { iterations: 0, trials }).squared.reduce(
          (a, b) => a + b,
          0,
        );
      }
      return sum;
    };
    expect(spread(6)).toBeLessThan(0.8 * spread(1));
  });
});

describe('built-in text encoder', () => {
  const pool = Array.from({ length: 300 }, (_, i) =>
    i % 2 === 0 ? `my card number ${i} was stolen in town` : `please send the invoice for month ${i} again`,
  );

  it.each([1, 2, 60, 300])('learns from a pool of %i and gives unit rows', (count) => {
    const some = pool.slice(0, count);
    const model = fitLatentSemantic(some, nothing);
    const rows = rowsOf(embedLatentSemantic(model, some), some.length);
    expect(rows).toHaveLength(count);
    for (const row of rows) {
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
    for (const row of [none, blank]) {
      expect(row.every(Number.isFinite)).toBe(true);
      expect(norm(row)).toBeCloseTo(1, 5);
    }
  });

  it('is the same for the same pool', () => {
    expect(fitLatentSemantic(pool, nothing)).toEqual(fitLatentSemantic(pool, nothing));
  });
});
