import { WinnowError } from '../../domain/errors.ts';
import { projectId, type ItemId, type ProjectId } from '../../domain/ids.ts';
import { checkChunk, rowsOf } from '../../loop/check-chunk.ts';
import type { EmbeddingChunk, EmbeddingKey, EmbeddingStore, ForeignChunk } from '../../loop/storage-ports.ts';
import { projectRange, type Database } from './database.ts';
import { readPages } from './pages.ts';
import { reading, transact } from './transact.ts';

/** Chunks of numbers read in one task: some megabytes. */
const PAGE = 16;

export class IdbEmbeddingStore implements EmbeddingStore {
  readonly #db: Database;
  constructor(db: Database) {
    this.#db = db;
  }

  async append(project: ProjectId, key: EmbeddingKey, chunk: EmbeddingChunk): Promise<void> {
    checkChunk(chunk);
    // A copy of just these numbers: a view would take its whole buffer along.
    const data = new Float32Array(chunk.data);
    const record = { ids: [...chunk.ids], dim: chunk.dim };
    await transact(this.#db, ['chunks', 'vectors'], async (tx, keep) => {
      const chunks = tx.objectStore('chunks');
      const last = (await chunks.getAllKeys(projectRange(project, key))).at(-1);
      const at: [string, string, number] = [project, key, last ? last[2] + 1 : 0];
      keep(chunks.add(record, at));
      keep(tx.objectStore('vectors').add(data, at));
    });
  }

  async ids(project: ProjectId, key: EmbeddingKey): Promise<ItemId[]> {
    const records = await reading(() => this.#db.getAll('chunks', projectRange(project, key)));
    return records.flatMap((record) => [...record.ids]);
  }

  async chunks(project: ProjectId, key: EmbeddingKey): Promise<EmbeddingChunk[]> {
    const range = projectRange(project, key);
    const vectors: Float32Array<ArrayBuffer>[] = [];
    const records = await reading(async () => {
      const tx = this.#db.transaction(['chunks', 'vectors']);
      const all = tx.objectStore('chunks').getAll(range);
      await readPages(tx.objectStore('vectors'), range, PAGE, (page) => void vectors.push(...page));
      return all;
    });
    return records.map(({ ids, dim }, i) => {
      const data = vectors[i];
      if (data?.length !== ids.length * dim) throw new WinnowError('unexpected', 'Stored embeddings are incomplete');
      return { ids, dim, data };
    });
  }

  async keys(project: ProjectId): Promise<EmbeddingKey[]> {
    const keys = await reading(() => this.#db.getAllKeys('chunks', projectRange(project)));
    return [...new Set(keys.map((k) => k[1]))];
  }

  async *elsewhere(
    project: ProjectId,
    key: EmbeddingKey,
    wanted: ReadonlySet<ItemId>,
  ): AsyncGenerator<ForeignChunk, void, undefined> {
    const left = new Set(wanted);
    for (const other of await reading(() => this.#db.getAllKeys('projects'))) {
      if (other === project || left.size === 0) continue;
      const range = projectRange(other, key);
      const [places, records] = await reading(() => {
        const tx = this.#db.transaction('chunks');
        return Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range)]);
      });
      for (const [c, { ids, dim }] of records.entries()) {
        const place = places[c];
        if (!place || !ids.some((id) => left.has(id))) continue;
        const data = await reading(() => this.#db.get('vectors', place));
        // A damaged or just removed chunk is no loss: its items are computed again.
        if (data?.length !== ids.length * dim) continue;
        const chunk = rowsOf({ ids, dim, data }, left);
        for (const id of chunk.ids) left.delete(id);
        yield { ...chunk, project: projectId(other) };
      }
    }
  }

  /** Forgets the embeddings under a key and what its encoder had learnt: both are made again together. */
  clear(project: ProjectId, key: EmbeddingKey): Promise<void> {
    return transact(this.#db, ['chunks', 'vectors', 'encoders'], (tx, keep) => {
      keep(tx.objectStore('chunks').delete(projectRange(project, key)));
      keep(tx.objectStore('vectors').delete(projectRange(project, key)));
      keep(tx.objectStore('encoders').delete([project, key]));
    });
  }

  async getEncoderState(project: ProjectId, key: EmbeddingKey): Promise<unknown> {
    return (await reading(() => this.#db.get('encoders', [project, key]))) ?? null;
  }

  putEncoderState(project: ProjectId, key: EmbeddingKey, state: unknown): Promise<void> {
    return transact(this.#db, ['encoders'], (tx, keep) => {
      keep(tx.objectStore('encoders').put(state, [project, key]));
    });
  }
}
