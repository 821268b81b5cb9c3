import { WinnowError } from '../domain/errors.ts';
import type { ItemId, ProjectId, Row } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import type { EmbeddingKey, EmbeddingStore } from './storage-ports.ts';

/** Texts that were cut, as noted beside the embeddings of an encoder that learns nothing; none where nothing is noted. */
export function truncatedIn(state: unknown): ItemId[] {
  const noted = (state as { truncated?: unknown } | null)?.truncated;
  return Array.isArray(noted) ? noted.filter((id): id is ItemId => typeof id === 'string') : [];
}

/** All embeddings under a key as one row-major matrix by item row; rows without one are zero and listed. */
export async function loadMatrix(
  store: EmbeddingStore,
  project: ProjectId,
  key: EmbeddingKey,
  items: readonly Item[],
): Promise<{ data: Float32Array; dim: number; missing: Row[] }> {
  const chunks = await store.chunks(project, key);
  const dim = chunks[0]?.dim ?? 0;
  if (dim === 0) throw new WinnowError('learner-failed', 'Nothing is embedded yet');
  const rowOf = new Map(items.map((item) => [item.id, item.row]));
  const data = new Float32Array(items.length * dim);
  const isThere = new Uint8Array(items.length);
  for (const chunk of chunks) {
    chunk.ids.forEach((id, i) => {
      const row = rowOf.get(id);
      if (row === undefined || chunk.dim !== dim) return;
      data.set(chunk.data.subarray(i * dim, (i + 1) * dim), row * dim);
      isThere[row] = 1;
    });
  }
  return { data, dim, missing: items.flatMap((item) => (isThere[item.row] === 1 ? [] : [item.row])) };
}
