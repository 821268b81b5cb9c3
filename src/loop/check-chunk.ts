import { WinnowError } from '../domain/errors.ts';
import type { EmbeddingChunk } from './ports.ts';

/** Throws `encoder-failed` when the shape is off or a value is not finite: a bad embedding is never stored. */
export function checkChunk(chunk: EmbeddingChunk): void {
  if (chunk.dim < 1 || chunk.data.length !== chunk.ids.length * chunk.dim) {
    throw new WinnowError('encoder-failed', 'The encoder gave a matrix of the wrong size');
  }
  // Infinities and NaN survive the sum: a finite one means that every value is (float32 can't overflow float64 here).
  let sum = 0;
  for (const value of chunk.data) sum += Math.abs(value);
  if (!Number.isFinite(sum)) throw new WinnowError('encoder-failed', 'The encoder gave numbers that are not finite');
}
