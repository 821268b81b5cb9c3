import type { Compute, Matrix } from '../../src/strategies/strategy.ts';

/** The `Compute` port in plain float64 loops: the reference that every backend is held against. */
export class PlainCompute implements Compute {
  readonly matrix = null;

  dotProducts(a: Matrix, b: Matrix): Promise<Float32Array> {
    const out = new Float32Array(a.rows * b.rows);
    for (let i = 0; i < a.rows; i++) {
      for (let j = 0; j < b.rows; j++) {
        let sum = 0;
        for (let d = 0; d < a.cols; d++) sum += (a.data[i * a.cols + d] as number) * (b.data[j * b.cols + d] as number);
        out[i * b.rows + j] = sum;
      }
    }
    return Promise.resolve(out);
  }

  nearest(a: Matrix, b: Matrix): Promise<{ index: Int32Array; squared: Float32Array }> {
    const index = new Int32Array(a.rows);
    const squared = new Float32Array(a.rows).fill(Infinity);
    for (let i = 0; i < a.rows; i++) {
      for (let j = 0; j < b.rows; j++) {
        let sum = 0;
        for (let d = 0; d < a.cols; d++) {
          sum += ((a.data[i * a.cols + d] as number) - (b.data[j * b.cols + d] as number)) ** 2;
        }
        if (sum < (squared[i] as number)) {
          squared[i] = sum;
          index[i] = j;
        }
      }
    }
    return Promise.resolve({ index, squared });
  }
}
