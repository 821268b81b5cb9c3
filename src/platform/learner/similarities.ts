import { bestStationary } from '../wasm/wasm-matrix.ts';
import type { Matrix } from '../../strategies/strategy.ts';

/** Rows that are multiplied at once: a copy of so many is small beside the pool. */
const BLOCK = 4096;

/**
 * Inner products of every row with some vectors, row-major [rows, count]. On the processor whatever the engine: what is
 * ranked by them is in the same order on every machine.
 * @param vectors row-major [count, cols]
 */
export function similarities({ data, rows, cols }: Matrix, vectors: Float32Array, count: number): Float32Array {
  const out = new Float32Array(rows * count);
  const matrix = bestStationary(Math.min(BLOCK, rows), cols);
  try {
    for (let start = 0; start < rows; start += BLOCK) {
      const end = Math.min(rows, start + BLOCK);
      matrix.data.set(data.subarray(start * cols, end * cols));
      const block = new Float32Array(matrix.data.length === 0 ? 0 : (matrix.data.length / cols) * count);
      matrix.dots(vectors, count, block);
      out.set(block.subarray(0, (end - start) * count), start * count);
    }
  } finally {
    matrix.release();
  }
  return out;
}
