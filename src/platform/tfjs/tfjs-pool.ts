import * as tf from '@tensorflow/tfjs';
import type { FoldedHead } from '../../domain/head-maths.ts';
import type { Pool } from '../learner/engine.ts';

/** Rows per shard: 16,384 x 1,280 float32 is 84 MB, below the smallest storage-buffer limit of WebGPU (128 MiB). */
const SHARD_ROWS = 16_384;

/** The embedding matrix: once in the worker's heap and once on the backend, in shards. */
export class TfjsPool implements Pool {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
  readonly #shards: tf.Tensor2D[] = [];

  /** Takes ownership of `data`, row-major [rows, cols]. */
  constructor(data: Float32Array, rows: number, cols: number) {
    this.data = data;
    this.rows = rows;
    this.cols = cols;
    for (let start = 0; start < rows; start += SHARD_ROWS) {
      const count = Math.min(SHARD_ROWS, rows - start);
      this.#shards.push(tf.tensor2d(data.subarray(start * cols, (start + count) * cols), [count, cols]));
    }
  }

  async probabilities({ weights, bias, hidden }: FoldedHead, isIndependent: boolean): Promise<Float32Array> {
    const classes = bias.length;
    return this.#map(classes, () => {
      const layers = (hidden ? [hidden, { weights, bias }] : [{ weights, bias }]).map((layer) => {
        const width = layer.bias.length;
        return { w: tf.tensor2d(layer.weights, [layer.weights.length / width, width]), b: tf.tensor1d(layer.bias) };
      });
      const activation = isIndependent ? tf.sigmoid : tf.softmax;
      const logits = (x: tf.Tensor2D): tf.Tensor2D =>
        layers.reduce((y, { w, b }, i) => tf.add(tf.matMul(i > 0 ? tf.relu(y) : y, w), b), x);
      return {
        apply: (x) => activation(logits(x)) as tf.Tensor2D,
        inputs: layers.flatMap(({ w, b }): tf.Tensor[] => [w, b]),
      };
    });
  }

  async products(vectors: Float32Array, count: number): Promise<Float32Array> {
    return this.#map(count, () => {
      const v = tf.tidy(() => tf.transpose(tf.tensor2d(vectors, [count, this.cols])));
      return { apply: (x) => tf.matMul(x, v), inputs: [v] };
    });
  }

  dispose(): void {
    tf.dispose(this.#shards);
    this.#shards.length = 0;
  }

  async #map(
    width: number,
    make: () => { apply: (x: tf.Tensor2D) => tf.Tensor2D; inputs: tf.Tensor[] },
  ): Promise<Float32Array> {
    const out = new Float32Array(this.rows * width);
    const { apply, inputs } = make();
    let at = 0;
    try {
      for (const shard of this.#shards) {
        const result = tf.tidy(() => apply(shard));
        const values = (await result.data()) as Float32Array;
        out.set(values, at);
        at += values.length;
        result.dispose();
      }
    } finally {
      tf.dispose(inputs);
    }
    return out;
  }
}
