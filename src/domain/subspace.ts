import { orthonormalise, symmetricEigen } from './embedding/dense.ts';
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

/** a [rows, inner] times b [inner, width]. */
export function times(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  rows: number,
  inner: number,
  width: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const to = i * width;
    for (let f = 0; f < inner; f++) {
      const x = a[i * inner + f] as number;
      if (x === 0) continue;
      const from = f * width;
      for (let k = 0; k < width; k++) out[to + k] = (out[to + k] as number) + x * (b[from + k] as number);
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
  for (let i = 0; i < rows; i++) {
    const from = i * width;
    for (let f = 0; f < inner; f++) {
      const x = a[i * inner + f] as number;
      if (x === 0) continue;
      const to = f * width;
      for (let k = 0; k < width; k++) out[to + k] = (out[to + k] as number) + x * (b[from + k] as number);
    }
  }
  return out;
}
