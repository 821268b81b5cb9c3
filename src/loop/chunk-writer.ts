import type { ItemId, ProjectId } from '../domain/ids.ts';
import type { Embedded } from './encoder-run.ts';
import type { EmbeddingKey, EmbeddingStore } from './storage-ports.ts';

/** Rows of a stored chunk, at least, unless too much time passes or the work ends. */
const ROWS = 256;
const PATIENCE_MS = 4000;

/** Gathers embeddings into chunks and stores each while the next is computed. */
export class ChunkWriter {
  readonly #store: EmbeddingStore;
  readonly #project: ProjectId;
  readonly #key: EmbeddingKey;
  readonly #onStored: (ids: readonly ItemId[]) => void;
  #rows: Embedded[] = [];
  #since = performance.now();
  #writing: Promise<void> = Promise.resolve();

  constructor(
    store: EmbeddingStore,
    project: ProjectId,
    key: EmbeddingKey,
    onStored: (ids: readonly ItemId[]) => void,
  ) {
    this.#store = store;
    this.#project = project;
    this.#key = key;
    this.#onStored = onStored;
  }

  /** Resolves once the chunk before is stored; throws what went wrong with it. */
  async add(rows: readonly Embedded[]): Promise<void> {
    this.#rows.push(...rows);
    if (this.#rows.length >= ROWS || performance.now() - this.#since > PATIENCE_MS) await this.#write();
  }

  /** Stores what is left, and resolves when all is durable. */
  async finish(): Promise<void> {
    await this.#write();
    await this.#writing;
  }

  /** Waits for what is being stored and begins nothing new. */
  settle(): Promise<void> {
    return this.#writing.catch(() => undefined);
  }

  async #write(): Promise<void> {
    await this.#writing;
    const rows = this.#rows;
    this.#rows = [];
    this.#since = performance.now();
    const dim = rows[0]?.vector.length ?? 0;
    if (dim === 0) return;
    const data = new Float32Array(rows.length * dim);
    rows.forEach(({ vector }, i) => data.set(vector, i * dim));
    const ids = rows.map(({ item }) => item.id);
    this.#writing = this.#store.append(this.#project, this.#key, { ids, dim, data }).then(() => this.#onStored(ids));
    this.#writing.catch(() => undefined); // heard by whoever waits for it next
  }
}
