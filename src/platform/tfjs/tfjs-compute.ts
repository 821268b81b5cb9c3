import * as tf from '@tensorflow/tfjs';
import type { Compute, Matrix } from '../../strategies/strategy.ts';

/**
 * a times b transposed. The transposition is a step of its own: with a `transposeB` flag tfjs' WASM backend leaves its
 * fast kernel and takes several times as long.
 */
export function crossProducts(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(a, tf.transpose(b));
}

/** The strategies' linear algebra on the current tfjs backend. */
export class TfjsCompute implements Compute {
  async dotProducts(a: Matrix, b: Matrix): Promise<Float32Array> {
    const result = tf.tidy(() =>
      crossProducts(tf.tensor2d(a.data, [a.rows, a.cols]), tf.tensor2d(b.data, [b.rows, b.cols])),
    );
    const values = (await result.data()) as Float32Array;
    result.dispose();
    return values;
  }

  async nearest(a: Matrix, b: Matrix): Promise<{ index: Int32Array; squared: Float32Array }> {
    const products = await this.dotProducts(a, b);
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
