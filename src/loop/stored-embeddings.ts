import { WinnowError } from '../domain/errors.ts';
import type { ItemId, ProjectId, Row } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import type { EmbeddingKey, EmbeddingStore } from './storage-ports.ts';

/** What is noted beside the embeddings of an encoder that learns nothing. */
export interface EmbeddingNotes {
  /** Texts of which only the beginning counts. */
  readonly truncated: readonly ItemId[];
  /** Pictures of which only the preview could be read: their embeddings are good for this project only. */
  readonly previews: readonly ItemId[];
  /** They came with a project file: nobody here knows how they were computed. */
  readonly isImported: boolean;
}

/** Notes as they are stored; none where nothing is noted. */
export function notesIn(state: unknown): EmbeddingNotes {
  const { truncated, previews, isImported } = (state ?? {}) as Readonly<Record<keyof EmbeddingNotes, unknown>>;
  return { truncated: idsIn(truncated), previews: idsIn(previews), isImported: isImported === true };
}
/** As they are stored; null where there is nothing to note. */
export function storedNotes({ truncated, previews, isImported }: EmbeddingNotes): Partial<EmbeddingNotes> | null {
  const some = {
    ...(truncated.length > 0 && { truncated }),
    ...(previews.length > 0 && { previews }),
    ...(isImported && { isImported }),
  };
  return Object.keys(some).length > 0 ? some : null;
}
/** What an encoder has learnt, with the number of items that it learnt from. */
export function noting(state: unknown, learntFrom: number): unknown {
  return typeof state === 'object' && state !== null ? { ...state, learntFrom } : state;
}
/**
 * How many items an encoder has learnt from, at least: where nothing is noted, as before 2026-12, as many as it gives numbers, since what it
 * has learnt are axes of its items. Null where it has learnt nothing.
 */
export function learntFrom(state: unknown): number | null {
  const {
    learntFrom: noted,
    dim,
    axes,
  } = (state ?? {}) as { learntFrom?: unknown; dim?: unknown; axes?: { dim?: unknown } };
  return [noted, dim, axes?.dim].find((n) => typeof n === 'number') ?? null;
}
/** False of encoders that learn from their pool: beside their embeddings lies what they have learnt. */
export function hasNotes(key: EmbeddingKey): boolean {
  return !key.startsWith('builtin-');
}
function idsIn(noted: unknown): ItemId[] {
  return Array.isArray(noted) ? noted.filter((id): id is ItemId => typeof id === 'string') : [];
}
export function truncatedIn(state: unknown): readonly ItemId[] {
  return notesIn(state).truncated;
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
