import type { Backend } from '../../domain/events.ts';
import type { MakeStationary } from '../../domain/stationary-matrix.ts';
import type { Compute, Matrix } from '../../strategies/strategy.ts';
import type { Engine, Pool } from '../learner/engine.ts';
import { sigmoidRows, softmaxRows } from '../learner/softmax-rows.ts';
import { nearestByProducts } from '../learner/nearest.ts';

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
    matrix.data.set(a.data);
    matrix.dots(b.data, b.rows, out);
    matrix.release();
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

  constructor(make: MakeStationary, data: Float32Array, rows: number, cols: number) {
    this.rows = rows;
    this.cols = cols;
    this.#matrix = make(rows, cols);
    this.#matrix.data.set(data);
  }

  get data(): Float32Array {
    return this.#matrix.data;
  }

  probabilities(weights: Float32Array, bias: Float32Array, isIndependent: boolean): Promise<Float32Array> {
    const classes = bias.length;
    const out = new Float32Array(this.rows * classes);
    this.#matrix.times(weights, classes, out);
    if (isIndependent) sigmoidRows(out, bias);
    else softmaxRows(out, bias, classes);
    return Promise.resolve(out);
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
