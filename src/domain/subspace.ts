import { orthonormalise, symmetricEigen } from './embedding/dense.ts';
import { addTransposedProduct } from './logistic-kernels.ts';
import type { Random } from './random.ts';

const OVERSAMPLING = 12;
const POWER_ITERATIONS = 2;

/**
 * The leading axes of centred rows, [dim, width] with orthonormal columns, by randomised subspace iteration (Halko,
 * Martinsson and Tropp 2011). Fewer columns than wanted come back when the rows span less.
 * @param z centred rows, row-major [n, dim]
 */
export function leadingAxes(
  z: Float64Array,
  n: number,
  dim: number,
  wanted: number,
  random: Random,
): { axes: Float64Array; width: number } {
  const inner = Math.min(wanted + OVERSAMPLING, n, dim);
  let v = Float64Array.from({ length: dim * inner }, () => random.normal());
  for (let i = 0; i <= POWER_ITERATIONS; i++) {
    const y = times(z, v, n, dim, inner);
    orthonormalise(y, n, inner);
    v = transposedTimes(z, y, n, dim, inner);
  }
  const { values, vectors } = symmetricEigen(transposedTimes(v, v, dim, inner, inner), inner);
  const floor = 1e-9 * (values[0] ?? 0);
  const width = Math.max(1, Math.min(wanted, values.filter((e) => e > floor).length));
  const rotated = times(v, vectors, dim, inner, inner);
  const axes = new Float64Array(dim * width);
  for (let k = 0; k < width; k++) {
    const length = Math.sqrt(Math.max(values[k] ?? 0, 1e-300));
    for (let d = 0; d < dim; d++) axes[d * width + k] = (rotated[d * inner + k] as number) / length;
  }
  return { axes, width };
}

/** a [rows, inner] times b [inner, width]. Four of the inner places share a pass over a row of the result. */
export function times(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  inner: number,
  width: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(rows * width);
  const fours = inner & ~3;
  for (let i = 0; i < rows; i++) {
    const [to, from] = [i * width, i * inner];
    for (let f = 0; f < fours; f += 4) {
      const a0 = a[from + f] as number;
      const a1 = a[from + f + 1] as number;
      const a2 = a[from + f + 2] as number;
      const a3 = a[from + f + 3] as number;
      const b0 = f * width;
      const b1 = b0 + width;
      const b2 = b1 + width;
      const b3 = b2 + width;
      for (let k = 0; k < width; k++) {
        const even = a0 * (b[b0 + k] as number) + a1 * (b[b1 + k] as number);
        const odd = a2 * (b[b2 + k] as number) + a3 * (b[b3 + k] as number);
        out[to + k] = (out[to + k] as number) + (even + odd);
      }
    }
    for (let f = fours; f < inner; f++) {
      const x = a[from + f] as number;
      for (let k = 0; k < width; k++) out[to + k] = (out[to + k] as number) + x * (b[f * width + k] as number);
    }
  }
  return out;
}

/** a [rows, inner] transposed times b [rows, width]. */
function transposedTimes(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  inner: number,
  width: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(inner * width);
  addTransposedProduct(a, b, rows, inner, width, out);
  return out;
}
