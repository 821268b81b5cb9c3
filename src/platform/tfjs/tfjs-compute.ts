import * as tf from '@tensorflow/tfjs';
import type { Compute, Matrix } from '../../strategies/strategy.ts';
import { nearestByProducts } from '../learner/nearest.ts';
import { canMultiplyInWasm, wasmStationary } from '../wasm/wasm-matrix.ts';

/** The strategies' linear algebra on the current tfjs backend. */
export class TfjsCompute implements Compute {
  readonly matrix = canMultiplyInWasm() ? wasmStationary : null;

  async dotProducts(a: Matrix, b: Matrix): Promise<Float32Array> {
    const result = tf.tidy(() =>
      tf.matMul(tf.tensor2d(a.data, [a.rows, a.cols]), tf.tensor2d(b.data, [b.rows, b.cols]), false, true),
    );
    const values = (await result.data()) as Float32Array;
    result.dispose();
    return values;
  }

  async nearest(a: Matrix, b: Matrix): Promise<{ index: Int32Array; squared: Float32Array }> {
    return nearestByProducts(a, b, await this.dotProducts(a, b));
  }
}
