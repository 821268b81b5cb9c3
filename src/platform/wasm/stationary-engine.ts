import type { Backend } from '../../domain/events.ts';
import type { HiddenLayer } from '../../domain/head.ts';
import type { FoldedHead } from '../../domain/head-maths.ts';
import type { MakeStationary } from '../../domain/stationary-matrix.ts';
import type { Compute, Matrix } from '../../strategies/strategy.ts';
import type { Engine, Pool } from '../learner/engine.ts';
import { reluRows, sigmoidRows, softmaxRows } from '../learner/softmax-rows.ts';
import { nearestByProducts } from '../learner/nearest.ts';

/** Rows of a hidden layer that are worked on at a time. */
const BLOCK_ROWS = 1024;

/** Everything on stationary matrices: WebAssembly, or plain TypeScript where there is none. */
export function stationaryEngine(backend: Backend, make: MakeStationary): Engine {
  return {
    backend,
    compute: new StationaryCompute(make, backend === 'wasm' ? make : null),
    pool: (data, rows, cols) => new StationaryPool(make, data, rows, cols),
    fitLarge: null,
    bytes: () => 0,
  };
}

class StationaryCompute implements Compute {
  readonly matrix: MakeStationary | null;
  readonly #make: MakeStationary;

  constructor(make: MakeStationary, matrix: MakeStationary | null) {
    this.#make = make;
    this.matrix = matrix;
  }

  dotProducts(a: Matrix, b: Matrix): Promise<Float32Array> {
    const out = new Float32Array(a.rows * b.rows);
    const matrix = this.#make(a.rows, a.cols);
    try {
      matrix.data.set(a.data);
      matrix.dots(b.data, b.rows, out);
    } finally {
      matrix.release();
    }
    return Promise.resolve(out);
  }

  async nearest(a: Matrix, b: Matrix): Promise<{ index: Int32Array; squared: Float32Array }> {
    return nearestByProducts(a, b, await this.dotProducts(a, b));
  }
}

class StationaryPool implements Pool {
  readonly rows: number;
  readonly cols: number;
  readonly #matrix;
  readonly #make: MakeStationary;

  constructor(make: MakeStationary, data: Float32Array, rows: number, cols: number) {
    this.#make = make;
    this.rows = rows;
    this.cols = cols;
    this.#matrix = make(rows, cols);
    this.#matrix.data.set(data);
  }

  get data(): Float32Array {
    return this.#matrix.data;
  }

  probabilities({ weights, bias, hidden }: FoldedHead, isIndependent: boolean): Promise<Float32Array> {
    const classes = bias.length;
    const out = new Float32Array(this.rows * classes);
    if (hidden) this.#behind(hidden, weights, classes, out);
    else this.#matrix.times(weights, classes, out);
    if (isIndependent) sigmoidRows(out, bias);
    else softmaxRows(out, bias, classes);
    return Promise.resolve(out);
  }

  /** Products of the hidden layer's units, a block of rows at a time, with some weights [units, classes]. */
  #behind(hidden: HiddenLayer, weights: Float32Array, classes: number, out: Float32Array): void {
    const units = hidden.bias.length;
    const all = new Float32Array(this.rows * units);
    this.#matrix.times(hidden.weights, units, all);
    reluRows(all, hidden.bias);
    const block = this.#make(Math.min(BLOCK_ROWS, this.rows), units);
    const logits = new Float32Array(Math.min(BLOCK_ROWS, this.rows) * classes);
    try {
      for (let start = 0; start < this.rows; start += BLOCK_ROWS) {
        block.data.set(all.subarray(start * units, (start + BLOCK_ROWS) * units));
        block.times(weights, classes, logits);
        out.set(logits.subarray(0, (this.rows - start) * classes), start * classes);
      }
    } finally {
      block.release();
    }
  }

  products(vectors: Float32Array, count: number): Promise<Float32Array> {
    const out = new Float32Array(this.rows * count);
    this.#matrix.dots(vectors, count, out);
    return Promise.resolve(out);
  }

  dispose(): void {
    this.#matrix.release();
  }
}
