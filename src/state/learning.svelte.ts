import type { Backend, ModelTrained } from '../domain/events.ts';
import { WinnowError } from '../domain/errors.ts';
import type { Head } from '../domain/head.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { drawCalibration, drawSplit, extendSplit } from '../loop/draw-split.ts';
import { openNextRound } from '../loop/open-round.ts';
import type { FittedHead, Learner, LearnerInfo } from '../loop/learner-ports.ts';
import { batchQueue, candidates, isBatchDone } from '../loop/queue.ts';
import { groupsOfHints } from '../loop/hint-groups.ts';
import { nextStrategy, selectBatch } from '../loop/select-batch.ts';
import { trainHead } from '../loop/train-head.ts';
import { helperRows, isUpToDate, trainingSet } from '../loop/training-set.ts';
import { strategyById } from '../strategies/index.ts';
import type { ItemGroup } from '../strategies/strategy.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Probabilities of one item under a checkpoint. */
export interface Prediction {
  readonly version: number;
  readonly classes: readonly ClassId[];
  readonly probabilities: Float32Array;
  /** Where an item can have several classes (see `Head`). */
  readonly thresholds: Float32Array | undefined;
}

/**
 * Drives the loop of one project: split, round, train, select. `advance` is called after every change and does
 * what the log says is next; it never runs twice at once, and labelling goes on meanwhile.
 */
export class Learning {
  readonly #session: ProjectSession;
  #learner: Learner | null = null;
  #info = $state.raw<LearnerInfo | null>(null);
  #isTraining = $state(false);
  #step = $state('');
  #problem = $state.raw<string | null>(null);
  #isExhausted = $state(false);
  #predictions = $state.raw<ReadonlyMap<ItemId, Prediction>>(new Map());
  /** What the learner holds: embedding set and number of rows. */
  #loaded = '';
  #current: number | null = null;
  /** The embeddings whose near-duplicates of held-out items are known. */
  #splitOf = '';
  /** Of the checkpoints that the learner has held. */
  readonly #thresholds = new Map<number, Float32Array | undefined>();
  #dim = 0;
  #wants = false;
  #running: Promise<void> | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get info(): LearnerInfo | null {
    return this.#info;
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
    return this.#predictions.get(item) ?? null;
  }

  /** Does what is next, once. Safe to call at any time and as often as one likes. */
  advance(): Promise<void> {
    this.#wants = true;
    this.#running ??= this.#drive().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /**
   * Runs a task on the learner with the embeddings and `head` in place; tasks run one after another. With `active` the
   * task is told which checkpoint that was when its turn came; null before the first.
   */
  withLearner<T>(
    task: (learner: Learner, active: ModelTrained | null) => Promise<T>,
    head: Head | 'active' | 'any' = 'any',
  ): Promise<T> {
    const run = this.#queue.then(async () => {
      const learner = await this.#ready();
      const active = head === 'active' ? this.#session.state.activeModel : null;
      if (head === 'active') await this.#useActive(learner, active);
      else if (head !== 'any') await this.#use(learner, head);
      return task(learner, active);
    });
    this.#queue = run.catch(() => undefined);
    return run.catch((error: unknown) => {
      if (isFatal(error)) this.#drop();
      throw error;
    });
  }

  /** Fetches what the active model says of some items; the result arrives in `prediction`. */
  async predict(ids: readonly ItemId[]): Promise<void> {
    const rows = ids.flatMap((id) => this.#session.itemById(id)?.row ?? []);
    if (!this.#session.state.activeModel || rows.length === 0 || this.#isOfOtherEncoder()) return;
    const answer = await this.withLearner(
      async (l, model) => model && { model, flat: await l.probabilities(Int32Array.from(rows)) },
      'active',
    );
    if (!answer) return;
    const { model, flat } = answer;
    const width = model.classes.length;
    const thresholds = this.#thresholds.get(model.version);
    const next = new Map(this.#predictions);
    rows.forEach((row, i) => {
      const item = this.#session.items[row];
      const probabilities = flat.slice(i * width, (i + 1) * width);
      if (item) next.set(item.id, { version: model.version, classes: model.classes, probabilities, thresholds });
    });
    this.#predictions = next;
  }

  /** Ends the worker. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  async #drive(): Promise<void> {
    while (this.#wants && !this.#isClosed) {
      this.#wants = false;
      try {
        while (!this.#isClosed && (await this.#once())) this.#problem = null;
      } catch (error) {
        this.#isTraining = false;
        this.#step = '';
        this.#problem = 'The model could not be updated. Labelling goes on; Winnow tries again after the next label.';
        if (!this.#isClosed) this.#session.fail(error);
        return;
      }
    }
  }

  /** One step of the loop; true when there may be more to do. */
  async #once(): Promise<boolean> {
    const s = this.#session;
    if (s.isReadOnly || !s.hasStarted || !s.encoding.isComplete || s.classes.list.length === 0) return false;
    const isEmbedded = (item: Item): boolean => s.encoding.has(item.id);
    if (!s.state.isSplitDrawn) {
      this.#step = 'Drawing the test set.';
      const drafts = await this.withLearner(async (l) => {
        const split = await drawSplit(s.state, s.items, l, isEmbedded);
        const slice = await drawCalibration(s.state, split, s.items, l, isEmbedded);
        return slice ? [split, slice] : [split];
      });
      await s.append(drafts);
      this.#splitOf = this.#wanted;
      return true;
    }
    if (this.#splitOf !== this.#wanted) {
      const wanted = this.#wanted;
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
      await s.append([openNextRound(s.state, pool)]);
      return true;
    }
    if (last.isSelected) {
      this.#step = '';
      // The encoder was changed in the middle of a batch: the labels there are train a head for the new embeddings.
      if (this.#isOfOtherEncoder()) return this.#train(isEmbedded);
      // A label that the newest checkpoint learnt from was taken back: those of the batches before train another.
      const isLost = s.state.activeModel?.version !== s.state.models.at(-1)?.version;
      const isOfEarlier = (item: Item): boolean => isEmbedded(item) && !last.picks.some((p) => p.item === item.id);
      if (isLost && (await this.#train(isEmbedded, isOfEarlier))) return true;
      await this.#predictQueue();
      return false;
    }
    if (await this.#train(isEmbedded)) return true;
    this.#step = 'Picking the next batch.';
    this.#isTraining = true;
    try {
      const pool = candidates(s.state, s.items, isEmbedded);
      const set = trainingSet(s.state, s.items, (item) => isEmbedded(item) && !this.#isOfOpenRound(item));
      const groups = await this.#groups(nextStrategy(s.state, set).strategy, pool);
      const helpers = helperRows(s.state, s.items, isEmbedded);
      const draft = await this.withLearner(
        (l) => selectBatch(s.state, last, pool, s.items, set, l, groups, helpers),
        'active',
      );
      await s.append([draft]);
      if (draft.kind === 'batch-selected') {
        const model = s.state.activeModel;
        if (model) await this.predict(batchQueue(s.state).map((q) => q.pick.item));
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

  /** The active head reads other embeddings than the chosen encoder gives. */
  #isOfOtherEncoder(): boolean {
    const model = this.#session.state.activeModel;
    return model !== null && model.encoder !== this.#session.encoding.key;
  }

  /** Fetches what the active model says of the items that come up, where that is not known yet, as after a reload. */
  async #predictQueue(): Promise<void> {
    const version = this.#session.state.activeModel?.version;
    const ids = batchQueue(this.#session.state).map((q) => q.pick.item);
    const missing = ids.filter((id) => this.prediction(id)?.version !== version);
    if (missing.length > 0) await this.predict(missing);
  }

  /** Trains when the newest labels are not in the active head yet; true when it did. @param isMeant whose labels count */
  async #train(
    isEmbedded: (item: Item) => boolean,
    isMeant: (item: Item) => boolean = (item) => isEmbedded(item) && !this.#isOfOpenRound(item),
  ): Promise<boolean> {
    const s = this.#session;
    const set = trainingSet(s.state, s.items, isMeant);
    const encoder = s.encoding.key;
    if (set.classes.length === 0 || isUpToDate(s.state, set, encoder)) return false;
    this.#isTraining = true;
    this.#step = 'Training the model.';
    try {
      const { head, event } = await this.withLearner(async (l) => {
        const backend = this.#info?.backend ?? ('cpu' satisfies Backend);
        const trained = await trainHead(s.state, set, helperRows(s.state, s.items, isEmbedded), encoder, backend, l);
        // Before the next task's turn: the learner holds the new head from here on.
        this.#current = trained.head.version;
        this.#thresholds.set(trained.head.version, trained.head.thresholds);
        return trained;
      });
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

  /** The learner, open and loaded with this project's embeddings. */
  async #ready(): Promise<Learner> {
    if (this.#isClosed) throw new DOMException('The project was closed.', 'AbortError');
    const s = this.#session;
    const wanted = `${this.#wanted}:${s.state.settings.backend}`;
    if (this.#learner && this.#loaded === wanted) return this.#learner;
    if (this.#learner) this.#drop();
    const learner = s.services.newLearner();
    this.#learner = learner;
    this.#info = await learner.open(s.state.settings.backend);
    if (this.#info.fallback) s.notices.tellOfFallback(this.#info.fallback);
    const { data, dim } = await s.encoding.matrix();
    this.#dim = dim;
    await learner.load(data, s.items.length, dim);
    this.#loaded = wanted;
    this.#current = null;
    return learner;
  }

  /** The embeddings that there are now. */
  get #wanted(): string {
    const { encoding, items } = this.#session;
    return `${encoding.key}:${encoding.embedded}:${items.length}`;
  }

  async #useActive(learner: Learner, model: ModelTrained | null): Promise<void> {
    if (!model || this.#isOfOtherEncoder()) {
      if (this.#current !== null) await learner.use(null);
      this.#current = null;
      return;
    }
    if (this.#current === model.version) return;
    const head = await this.#session.storage.heads.get(this.#session.id, model.version);
    if (!head) throw new WinnowError('learner-failed', `Checkpoint ${model.version} is not stored.`);
    await this.#use(learner, head);
  }

  async #use(learner: Learner, head: Head): Promise<void> {
    if (this.#current === head.version) return;
    if (head.dim !== this.#dim) throw new WinnowError('learner-failed', 'The checkpoint belongs to another encoder.');
    const { dim, mean, scale, weights, bias, lambda, thresholds, hidden } = head;
    await learner.use({ dim, mean, scale, weights, bias, lambda, thresholds, hidden, fitMs: 0 } satisfies FittedHead);
    this.#current = head.version;
    this.#thresholds.set(head.version, head.thresholds);
  }

  #drop(): void {
    this.#learner?.stop();
    this.#learner = null;
    this.#loaded = '';
    this.#current = null;
  }
}

function isFatal(error: unknown): boolean {
  return error instanceof WinnowError && ['worker-died', 'gpu-lost', 'learner-failed'].includes(error.code);
}
