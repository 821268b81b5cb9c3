import * as tf from '@tensorflow/tfjs';

/** Rows per shard: 16,384 x 1,280 float32 is 84 MB, below the smallest storage-buffer limit of WebGPU (128 MiB). */
const SHARD_ROWS = 16_384;

/** The embedding matrix: once in the worker's heap and once on the backend, in shards. */
export class Pool {
  readonly data: Float32Array;
  readonly rows: number;
  readonly dim: number;
  readonly #shards: tf.Tensor2D[] = [];

  /** Takes ownership of `data`, row-major [rows, dim]. */
  constructor(data: Float32Array, rows: number, dim: number) {
    this.data = data;
    this.rows = rows;
    this.dim = dim;
    for (let start = 0; start < rows; start += SHARD_ROWS) {
      const count = Math.min(SHARD_ROWS, rows - start);
      this.#shards.push(tf.tensor2d(data.subarray(start * dim, (start + count) * dim), [count, dim]));
    }
  }

  /** Copies of some rows, row-major [rows, dim]. */
  gather(rows: Int32Array): Float32Array {
    const out = new Float32Array(rows.length * this.dim);
    rows.forEach((row, i) => out.set(this.data.subarray(row * this.dim, (row + 1) * this.dim), i * this.dim));
    return out;
  }

  /**
   * softmax(X W + b) for every row, or the sigmoid of each logit where classes are independent; row-major [rows, classes].
   * @param weights [dim, classes] @param bias [classes]
   */
  async probabilities(weights: Float32Array, bias: Float32Array, isIndependent = false): Promise<Float32Array> {
    const classes = bias.length;
    return this.#map(classes, () => {
      const w = tf.tensor2d(weights, [this.dim, classes]);
      const b = tf.tensor1d(bias);
      const activation = isIndependent ? tf.sigmoid : tf.softmax;
      return { apply: (x) => activation(tf.add(tf.matMul(x, w), b)) as tf.Tensor2D, inputs: [w, b] };
    });
  }

  /** Inner products of every row with some vectors, row-major [rows, vectors]. @param vectors row-major [count, dim] */
  async products(vectors: Float32Array, count: number): Promise<Float32Array> {
    return this.#map(count, () => {
      const v = tf.tidy(() => tf.transpose(tf.tensor2d(vectors, [count, this.dim])));
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
