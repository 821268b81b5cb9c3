import { WinnowError } from '../../domain/errors.ts';
import type { ItemId, ProjectId } from '../../domain/ids.ts';
import type { EmbeddingChunk, EmbeddingKey, EmbeddingStore } from '../../loop/ports.ts';
import { guarded, projectRange, type Database } from './database.ts';

export class IdbEmbeddingStore implements EmbeddingStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  append(project: ProjectId, key: EmbeddingKey, chunk: EmbeddingChunk): Promise<void> {
    assertChunk(chunk);
    const data = new Float32Array(chunk.data);
    return guarded(async () => {
      const tx = this.#db.transaction('chunks', 'readwrite');
      const last = (await tx.store.getAllKeys(projectRange(project, key))).at(-1);
      const index = last ? last[2] + 1 : 0;
      const record = { project, key, ids: [...chunk.ids], dim: chunk.dim, data };
      await Promise.all([tx.store.add(record, [project, key, index]), tx.done]);
    });
  }

  async ids(project: ProjectId, key: EmbeddingKey): Promise<ItemId[]> {
    return (await this.chunks(project, key)).flatMap((chunk) => [...chunk.ids]);
  }

  async chunks(project: ProjectId, key: EmbeddingKey): Promise<EmbeddingChunk[]> {
    const records = await this.#db.getAll('chunks', projectRange(project, key));
    return records.map(({ ids, dim, data }) => ({ ids, dim, data }));
  }

  async keys(project: ProjectId): Promise<EmbeddingKey[]> {
    const keys = await this.#db.getAllKeys('chunks', projectRange(project));
    return [...new Set(keys.map((k) => k[1]))];
  }

  clear(project: ProjectId, key: EmbeddingKey): Promise<void> {
    return guarded(async () => {
      await this.#db.delete('chunks', projectRange(project, key));
    });
  }

  async getEncoderState(project: ProjectId, key: EmbeddingKey): Promise<unknown> {
    return (await this.#db.get('encoders', [project, key])) ?? null;
  }

  putEncoderState(project: ProjectId, key: EmbeddingKey, state: unknown): Promise<void> {
    return guarded(async () => {
      await this.#db.put('encoders', state, [project, key]);
    });
  }
}

/** Throws `encoder-failed` when the shape is off or a value is not finite: a bad embedding is never stored. */
export function assertChunk(chunk: EmbeddingChunk): void {
  if (chunk.dim < 1 || chunk.data.length !== chunk.ids.length * chunk.dim) {
    throw new WinnowError('encoder-failed', 'The encoder gave a matrix of the wrong size');
  }
  for (const value of chunk.data) {
    if (!Number.isFinite(value)) throw new WinnowError('encoder-failed', 'The encoder gave numbers that are not finite');
  }
}
