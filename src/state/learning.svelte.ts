import type { Backend, ModelTrained } from '../domain/events.ts';
import type { Head } from '../domain/head.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { drawCalibration, drawSplit, extendSplit } from '../loop/draw-split.ts';
import { openNextRound } from '../loop/open-round.ts';
import type { Learner, LearnerInfo } from '../loop/learner-ports.ts';
import { batchQueue, candidates, isBatchDone } from '../loop/queue.ts';
import { groupsOfHints } from '../loop/hint-groups.ts';
import { nextStrategy, selectBatch } from '../loop/select-batch.ts';
import { trainHead } from '../loop/train-head.ts';
import { hasContrast, helperRows, isUpToDate, trainingSet, type TrainingSet } from '../loop/training-set.ts';
import { strategyById } from '../strategies/index.ts';
import type { ItemGroup } from '../strategies/strategy.ts';
import { LearnerLease } from './learner-lease.svelte.ts';
import { Predictions, type Prediction } from './predictions.svelte.ts';
import type { ProjectSession } from './project.svelte.ts';

/**
 * Drives the loop of one project: split, round, train, select. `advance` is called after every change and does
 * what the log says is next; it never runs twice at once, and labelling goes on meanwhile.
 */
export class Learning {
  readonly #session: ProjectSession;
  readonly #lease: LearnerLease;
  #isTraining = $state(false);
  #step = $state('');
  #problem = $state.raw<string | null>(null);
  #isExhausted = $state(false);
  readonly #predictions: Predictions;
  /** The embeddings whose near-duplicates of held-out items are known. */
  #splitOf = '';
  readonly #onSplit: (() => void)[] = [];
  #wants = false;
  #running: Promise<void> | null = null;

  constructor(session: ProjectSession) {
    this.#session = session;
    this.#lease = new LearnerLease(session);
    this.#predictions = new Predictions(session, this.#lease);
  }

  get info(): LearnerInfo | null {
    return this.#lease.info;
  }
  get isTraining(): boolean {
    return this.#isTraining;
  }
  /** What it is doing, as a sentence; empty when idle. */
  get step(): string {
    return this.#step;
  }
  /** Why it stopped, or null. */
  get problem(): string | null {
    return this.#problem;
  }
  /** True when nothing is left to query. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }
  prediction(item: ItemId): Prediction | null {
    return this.#predictions.of(item);
  }

  /** Does what is next, once. Safe to call at any time and as often as one likes. */
  advance(): Promise<void> {
    this.#wants = true;
    this.#running ??= this.#drive().finally(() => {
      this.#running = null;
      if (this.#wants && !this.#lease.isClosed) void this.advance();
    });
    return this.#running;
  }

  /** Resolves as soon as the test set is drawn, which the first visit of the label stage begins, or when that is not possible. */
  async splitDrawn(): Promise<void> {
    if (this.#session.state.isSplitDrawn) return;
    const drawn = new Promise<void>((resolve) => this.#onSplit.push(resolve));
    await Promise.race([drawn, this.advance()]);
  }

  /** @see LearnerLease.run */
  withLearner<T>(
    task: (learner: Learner, active: ModelTrained | null) => Promise<T>,
    head: Head | 'active' | 'any' = 'any',
  ): Promise<T> {
    return this.#lease.run(task, head);
  }

  /** Fetches what the active model says of some items; the result arrives in `prediction`. */
  predict(ids: readonly ItemId[]): Promise<void> {
    return this.#predictions.fetch(ids);
  }

  /** Ends the worker. */
  close(): void {
    this.#lease.close();
  }

  async #drive(): Promise<void> {
    while (this.#wants && !this.#lease.isClosed) {
      this.#wants = false;
      try {
        while (!this.#lease.isClosed && (await this.#once())) this.#problem = null;
      } catch (error) {
        this.#isTraining = false;
        this.#step = '';
        this.#problem = 'The model could not be updated. Labelling goes on; Winnow tries again after the next label.';
        if (!this.#lease.isClosed) this.#session.fail(error);
      }
    }
  }

  /** One step of the loop; true when there may be more to do. */
  async #once(): Promise<boolean> {
    const s = this.#session;
    if (s.isReadOnly || !s.hasStarted || !s.encoding.isComplete || s.classes.list.length === 0) return false;
    const isEmbedded = (item: Item): boolean => s.encoding.has(item.id);
    const queued = (): ItemId[] => batchQueue(s.state).map((q) => q.pick.item);
    if (!s.state.isSplitDrawn) {
      this.#step = 'Drawing the test set.';
      const wanted = this.#lease.embeddings;
      const drafts = await this.withLearner(async (l) => {
        const split = await drawSplit(s.state, s.items, l, isEmbedded);
        const slice = await drawCalibration(s.state, split, s.items, l, isEmbedded);
        return slice ? [split, slice] : [split];
      });
      await s.append(drafts);
      for (const tell of this.#onSplit.splice(0)) tell();
      // What has come meanwhile is compared with the test set in the next step.
      this.#splitOf = wanted;
      return true;
    }
    if (this.#splitOf !== this.#lease.embeddings) {
      const wanted = this.#lease.embeddings;
      if (await s.testSet.catchUp()) {
        this.#splitOf = wanted;
        return true;
      }
      const draft = await this.withLearner((l) => extendSplit(s.state, s.items, l, isEmbedded));
      if (draft) await s.append([draft]);
      this.#splitOf = wanted;
    }
    const last = s.state.rounds.at(-1);
    if (!last || isBatchDone(s.state)) {
      const pool = candidates(s.state, s.items, isEmbedded);
      this.#isExhausted = pool.length === 0;
      if (this.#isExhausted) {
        this.#step = '';
        return await this.#train(isEmbedded);
      }
      const isCold = !hasContrast(trainingSet(s.state, s.items, isEmbedded));
      await s.append([openNextRound(s.state, pool, isCold)]);
      return true;
    }
    if (last.isSelected) {
      this.#step = '';
      // The encoder was changed in the middle of a batch: the labels there are train a head for the new embeddings.
      if (this.#lease.isOfOtherEncoder) return this.#train(isEmbedded);
      // A label that the newest checkpoint learnt from was taken back or is tested on now: the others train another.
      const newest = s.state.models.at(-1)?.version ?? 0;
      const isLost = s.state.activeModel?.version !== newest || s.state.contaminated.has(newest);
      const isOfEarlier = (item: Item): boolean => isEmbedded(item) && !last.picks.some((p) => p.item === item.id);
      if (isLost && (await this.#train(isEmbedded, isOfEarlier))) return true;
      await this.#predictions.fetchMissing(queued());
      await s.insight.lookAtSeed();
      return false;
    }
    if (await this.#train(isEmbedded)) return true;
    this.#step = 'Picking the next batch.';
    this.#isTraining = true;
    try {
      const pool = (): readonly Item[] => candidates(s.state, s.items, isEmbedded);
      const set = (): TrainingSet =>
        trainingSet(s.state, s.items, (item) => isEmbedded(item) && !this.#isOfOpenRound(item));
      const groups = await this.#groups(nextStrategy(s.state, set()).strategy, pool());
      // Labelling goes on while groups are looked for and other tasks have their turn: what is selected from is what is
      // there when the learner is free.
      const draft = await this.withLearner(async (l, active) => {
        if (this.#lease.activeVersion !== (active?.version ?? null)) return null;
        const helpers = helperRows(s.state, s.items, isEmbedded);
        return selectBatch(s.state, last, pool(), s.items, set(), l, groups, helpers);
      }, 'active');
      if (!draft) return true;
      await s.append([draft]);
      if (draft.kind === 'batch-selected') {
        await this.predict(queued());
      }
    } finally {
      this.#isTraining = false;
      this.#step = '';
    }
    return true;
  }

  /** The guesses that a strategy spreads over; none for one that does without. */
  async #groups(strategy: string, pool: readonly Item[]): Promise<readonly ItemGroup[]> {
    const kind = strategyById(strategy)?.needsGroups;
    if (kind === 'rules') return this.#session.rules.groups();
    if (kind === 'names') return this.#session.names.groups(Int32Array.from(pool, (item) => item.row));
    return kind === 'hints' && this.#session.state.settings.hintUse === 'start'
      ? groupsOfHints(this.#session.items)
      : [];
  }

  /** Trains when the newest labels are not in the active head yet; true when it did. @param isMeant whose labels count */
  async #train(
    isEmbedded: (item: Item) => boolean,
    isMeant: (item: Item) => boolean = (item) => isEmbedded(item) && !this.#isOfOpenRound(item),
  ): Promise<boolean> {
    const s = this.#session;
    const missing = (): TrainingSet | null => {
      const set = trainingSet(s.state, s.items, isMeant);
      return set.classes.length === 0 || isUpToDate(s.state, set, s.encoding.key) ? null : set;
    };
    if (!missing()) return false;
    this.#isTraining = true;
    this.#step = 'Training the model.';
    try {
      const trained = await this.withLearner(async (l) => {
        // Labels and the encoder may have changed while other tasks had their turn.
        const set = missing();
        if (!set) return null;
        const backend = this.#lease.info?.backend ?? ('cpu' satisfies Backend);
        const helpers = helperRows(s.state, s.items, isEmbedded);
        const result = await trainHead(s.state, set, helpers, s.encoding.key, backend, l);
        this.#lease.holds(result.head);
        return result;
      });
      if (!trained) return true;
      const { head, event } = trained;
      await s.storage.heads.put(s.id, head);
      await s.append([event]);
      await s.evaluation.headTrained(head);
      return true;
    } finally {
      this.#isTraining = false;
    }
  }

  /**
   * Random picks of a round that is still being selected may be labelled meanwhile. They train the next head, not this
   * one: so a head depends on the batches before it and never on how fast the user types.
   */
  #isOfOpenRound(item: Item): boolean {
    const last = this.#session.state.rounds.at(-1);
    return last !== undefined && !last.isSelected && last.picks.some((p) => p.item === item.id);
  }
}
