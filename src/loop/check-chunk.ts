import { WinnowError } from '../domain/errors.ts';
import type { ItemId } from '../domain/ids.ts';
import type { EmbeddingChunk } from './storage-ports.ts';

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

/** The rows of a chunk whose items are wanted, each item once. */
export function rowsOf({ ids, dim, data }: EmbeddingChunk, wanted: ReadonlySet<ItemId>): EmbeddingChunk {
  const rows = ids.flatMap((id, i) => (wanted.has(id) && ids.indexOf(id) === i ? [i] : []));
  const out = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => out.set(data.subarray(row * dim, (row + 1) * dim), i * dim));
  return { ids: rows.flatMap((row) => ids[row] ?? []), dim, data: out };
}
