import type { ClassId, ItemId } from '../domain/ids.ts';
import type { LearnerLease } from './learner-lease.svelte.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Probabilities of one item under a checkpoint. */
export interface Prediction {
  readonly version: number;
  readonly classes: readonly ClassId[];
  readonly probabilities: Float32Array;
  /** Where an item can have several classes (see `Head`). */
  readonly thresholds: Float32Array | undefined;
}

/** What the active model says of the items it was asked about. */
export class Predictions {
  readonly #session: ProjectSession;
  readonly #lease: LearnerLease;
  #known = $state.raw<ReadonlyMap<ItemId, Prediction>>(new Map());

  constructor(session: ProjectSession, lease: LearnerLease) {
    this.#session = session;
    this.#lease = lease;
  }

  /** Null for an item that no model was asked about. */
  of(item: ItemId): Prediction | null {
    return this.#known.get(item) ?? null;
  }

  /** Asks the active model; nothing happens where there is none, or it reads other embeddings. */
  async fetch(ids: readonly ItemId[]): Promise<void> {
    const s = this.#session;
    const rows = ids.flatMap((id) => s.itemById(id)?.row ?? []);
    if (!s.state.activeModel || rows.length === 0 || this.#lease.isOfOtherEncoder) return;
    const answer = await this.#lease.run(
      async (l, model) => model && { model, flat: await l.probabilities(Int32Array.from(rows)) },
      'active',
    );
    if (!answer) return;
    const { version, classes } = answer.model;
    const width = classes.length;
    const thresholds = this.#lease.thresholds(version);
    const next = new Map(this.#known);
    rows.forEach((row, i) => {
      const item = s.items[row];
      const probabilities = answer.flat.slice(i * width, (i + 1) * width);
      if (item) next.set(item.id, { version, classes, probabilities, thresholds });
    });
    this.#known = next;
  }

  /** Asks about those of which the active model has not said anything yet, as after a reload. */
  async fetchMissing(ids: readonly ItemId[]): Promise<void> {
    const version = this.#session.state.activeModel?.version;
    const missing = ids.filter((id) => this.of(id)?.version !== version);
    if (missing.length > 0) await this.fetch(missing);
  }
}
