import { isHeldOut, type ProjectState } from '../domain/project-state.ts';
import type { ItemId } from '../domain/ids.ts';

/** Whether a search may find an item: one that is held out, or what is nearly the same, may not be chosen by hand. */
export function searchable(state: ProjectState, id: ItemId): boolean {
  return !isHeldOut(state, id) && !state.excluded.has(id);
}

/**
 * The rows that are most like some vectors on average, most like first; ties by row.
 * @param scores cosines of every row, row-major [rows, width]
 * @param rows those that count
 */
export function rankRows(
  scores: Float32Array,
  width: number,
  rows: Int32Array,
  count: number,
): { readonly row: number; readonly score: number }[] {
  const mean = Float64Array.from(rows, (row) => {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += scores[row * width + j] as number;
    return sum / width;
  });
  const order = Int32Array.from(rows, (_, i) => i);
  order.sort((a, b) => (mean[b] as number) - (mean[a] as number) || (rows[a] as number) - (rows[b] as number));
  return Array.from(order.subarray(0, count), (i) => ({ row: rows[i] as number, score: mean[i] as number }));
}
