import { describe, expect, it } from 'vitest';
import { kMeans } from '../../src/domain/kmeans.ts';
import { plainProducts, stationaryProducts } from '../../src/domain/logistic-kernels.ts';
import { fitLogistic } from '../../src/domain/logistic.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { plainStationary, type MakeStationary } from '../../src/domain/stationary-matrix.ts';
import { canMultiplyInWasm, wasmStationary } from '../../src/platform/wasm/wasm-matrix.ts';

const random = seededRandom(5);
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());

/** Products both ways round, of a new matrix with these values. */
function both(
  make: MakeStationary,
  values: Float32Array,
  rows: number,
  b: Float32Array,
  width: number,
): Float32Array[] {
  const cols = values.length / rows;
  const matrix = make(rows, cols);
  matrix.data.set(values);
  const transposed = new Float32Array(b.length);
  for (let k = 0; k < cols; k++) for (let j = 0; j < width; j++) transposed[j * cols + k] = b[k * width + j] ?? NaN;
  const [times, dots] = [new Float32Array(rows * width), new Float32Array(rows * width)];
  matrix.times(b, width, times);
  matrix.dots(transposed, width, dots);
  matrix.release();
  return [times, dots];
}

describe('products of a stationary matrix', () => {
  it.each([
    [1, 1, 1],
    [3, 5, 2],
    [4, 8, 8],
    [5, 7, 9],
    [17, 384, 20],
    [1025, 3, 33],
    [9, 2, 300],
    [6, 40, 257],
  ])(
    '%d x %d by %d columns: WebAssembly gives the bits of plain TypeScript, and both are right',
    (rows, cols, width) => {
      expect(canMultiplyInWasm()).toBe(true);
      const [values, b] = [normals(rows * cols), normals(cols * width)];
      const plain = both(plainStationary, values, rows, b, width);
      expect(plain[1]).toEqual(plain[0]);
      expect(both(wasmStationary, values, rows, b, width)).toEqual(plain);
      let worst = 0;
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < width; j++) {
          let sum = 0;
          for (let k = 0; k < cols; k++) sum += (values[i * cols + k] ?? NaN) * (b[k * width + j] ?? NaN);
          worst = Math.max(worst, Math.abs(sum - (plain[0]?.[i * width + j] ?? NaN)));
        }
      expect(worst).toBeLessThan(1e-6 * cols + 1e-6);
    },
  );

  it('uses released memory again without remains of what was in it', () => {
    for (const rows of [40, 4, 13]) {
      const values = normals(rows * 6).fill(rows === 40 ? NaN : 0.5);
      const [times] = both(wasmStationary, values, rows, normals(6 * 3), 3);
      expect(times?.every((v) => Number.isNaN(v))).toBe(rows === 40);
    }
  });
});

describe('k-means', () => {
  it.each([
    ['spread out', 300, 24, 12, 3],
    ['many duplicates', 200, 8, 30, 2],
    ['long and short rows', 250, 5, 7, 1],
    ['one row', 1, 6, 4, 1],
  ])('%s: products in WebAssembly change no cluster', (name, rows, dim, k, trials) => {
    const data = normals(rows * dim);
    if (name === 'many duplicates') for (let i = dim * 20; i < data.length; i++) data[i] = data[i % (dim * 20)] ?? 0;
    if (name === 'long and short rows') for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) * 10 ** (i % 7);
    const clusters = (matrix: MakeStationary | null) => kMeans(data, rows, dim, k, seededRandom(3), { trials, matrix });
    expect(clusters(wasmStationary)).toEqual(clusters(null));
  });
});

describe('a fit in float32', () => {
  const [n, dim, classes] = [400, 60, 12];
  const centres = normals(classes * dim);
  const y = Int32Array.from({ length: n }, () => random.below(classes));
  const z = Float64Array.from({ length: n * dim }, (_, at) => {
    const c = y[Math.floor(at / dim)] ?? 0;
    return (centres[c * dim + (at % dim)] ?? 0) + 2 * random.normal();
  });

  it.each([1e-4, 1e-2, 1])('ends where float64 does at lambda %d, the same on WebAssembly and without', (lambda) => {
    const fit = (products = plainProducts) => fitLogistic(z, y, n, dim, classes, lambda, { products });
    const wasm = fit(stationaryProducts(wasmStationary));
    expect(fit(stationaryProducts(plainStationary))).toEqual(wasm);
    const exact = fit();
    expect(exact.iterations).toBeGreaterThan(5);
    expect(wasm.loss).toBeCloseTo(exact.loss, 5);
    const worst = exact.weights.reduce((most, w, i) => Math.max(most, Math.abs(w - (wasm.weights[i] ?? NaN))), 0);
    expect(worst).toBeLessThan(2e-3);
  });
});
