import { isWorthLearningAgain } from '../domain/learning-from-pool.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import { earlierLearnings } from '../loop/embedding-key.ts';
import type { EmbeddingKey } from '../loop/storage-ports.ts';
import { learntFrom } from '../loop/stored-embeddings.ts';
import type { ProjectSession } from './project.svelte.ts';

/** What an encoder that learns from the project's items has learnt from. */
export class PoolLearning {
  readonly #session: ProjectSession;
  #learntFrom = $state<number | null>(null);

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** Items, at least; null of an encoder that learns nothing, or has not learnt yet. */
  get learntFrom(): number | null {
    return this.#learntFrom;
  }
  /** True when it learnt from few of the items that there are now. */
  readonly isWorthAgain: boolean = $derived.by(() => {
    const { items, modality } = this.#session;
    return this.#learntFrom !== null && isWorthLearningAgain(this.#learntFrom, items.length, modality);
  });
  /** True while neither a model nor a batch rests on what it has learnt. */
  readonly isFresh: boolean = $derived.by(() => {
    const { models, rounds } = this.#session.state;
    return models.length === 0 && rounds.every((round) => !round.isSelected);
  });

  /** @param state as it is stored beside the embeddings of the chosen encoder */
  note(spec: EncoderSpec, state: unknown): void {
    this.#learntFrom = spec.runtime === 'transformers' ? null : learntFrom(state);
  }

  /** To be called after embedding: what an earlier learning gave is of no use once everything is embedded again. */
  async tidy(spec: EncoderSpec, key: EmbeddingKey, isComplete: boolean): Promise<void> {
    if (spec.runtime === 'transformers') return;
    const { storage, id } = this.#session;
    this.note(spec, await storage.embeddings.getEncoderState(id, key));
    if (!isComplete) return;
    for (const old of earlierLearnings(spec, await storage.embeddings.keys(id)))
      await storage.embeddings.clear(id, old);
  }
}
