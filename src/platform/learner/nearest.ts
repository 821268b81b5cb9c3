import type { Matrix } from '../../strategies/strategy.ts';

/** The nearest row of b for each row of a, from their inner products [a.rows, b.rows]; ties go to the lower row. */
export function nearestByProducts(
  a: Matrix,
  b: Matrix,
  products: Float32Array,
): { index: Int32Array; squared: Float32Array } {
  const normsA = squaredNorms(a);
  const normsB = squaredNorms(b);
  const index = new Int32Array(a.rows);
  const squared = new Float32Array(a.rows);
  for (let i = 0; i < a.rows; i++) {
    let best = Infinity;
    for (let j = 0; j < b.rows; j++) {
      const d = (normsA[i] as number) + (normsB[j] as number) - 2 * (products[i * b.rows + j] as number);
      if (d < best) {
        best = d;
        index[i] = j;
      }
    }
    squared[i] = Math.max(0, best);
  }
  return { index, squared };
}

function squaredNorms(m: Matrix): Float64Array {
  const out = new Float64Array(m.rows);
  for (let i = 0; i < m.rows; i++) {
    let sum = 0;
    for (let d = 0; d < m.cols; d++) sum += (m.data[i * m.cols + d] as number) ** 2;
    out[i] = sum;
  }
  return out;
}
