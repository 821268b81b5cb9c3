import type { ItemId } from '../domain/ids.ts';
import { batchQueue, calibrationQueue, isDecided, openRound, standingPicks, testQueue } from '../loop/queue.ts';
import { plural } from './counting.ts';
import type { ProjectSession } from './project.svelte.ts';

export type QueueName = 'batch' | 'test' | 'calibration';
export interface QueueProgress {
  readonly done: number;
  readonly total: number;
}

/** What is to be labelled, in which order: the batches, the test set and the calibration slice. One of them is shown. */
export class LabelQueues {
  readonly #session: ProjectSession;
  #shown = $state<QueueName>('batch');

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get shown(): QueueName {
    return this.#shown;
  }
  show(name: QueueName): void {
    this.#shown = name;
  }

  readonly #batch = $derived.by(() => batchQueue(this.#session.state));
  readonly #test = $derived.by(() => testQueue(this.#session.state));
  readonly #calibration = $derived.by(() => calibrationQueue(this.#session.state));
  /** What is left of the shown queue. */
  readonly ahead = $derived.by((): readonly ItemId[] => {
    if (this.shown === 'test') return this.#test;
    return this.shown === 'calibration' ? this.#calibration : this.#batch.map((q) => q.pick.item);
  });
  readonly batch = $derived.by((): QueueProgress & { readonly round: number } => {
    const { state } = this.#session;
    const round = openRound(state);
    if (!round) return { round: 0, done: 0, total: 0 };
    const picks = standingPicks(state, round);
    const done = picks.filter((p) => isDecided(state, p.item)).length;
    return { round: round.round, done, total: round.isSelected ? picks.length : round.size };
  });
  readonly test = $derived.by((): QueueProgress => {
    const { size } = this.#session.state.test;
    return { done: size - this.#test.length, total: size };
  });
  readonly calibration = $derived.by((): QueueProgress => {
    const { size } = this.#session.state.calibration;
    return { done: size - this.#calibration.length, total: size };
  });
  /** How far the shown queue is. */
  readonly progress = $derived.by((): QueueProgress => this[this.shown]);
  /** The one that follows the shown one: batch, test set, calibration slice where there is one. */
  readonly next = $derived.by((): QueueName => {
    const last = this.calibration.total > 0 ? 'calibration' : 'test';
    if (this.shown === 'batch') return 'test';
    return this.shown === last ? 'batch' : 'calibration';
  });

  /** Where there is something to label when the shown queue is empty; null when there is nothing anywhere. */
  readonly onward = $derived.by((): QueueName | null => {
    const hasMore = {
      batch: this.#batch.length > 0 || !this.#session.learning.isExhausted,
      test: this.#test.length > 0,
      calibration: this.#calibration.length > 0,
    };
    const order: readonly QueueName[] = ['batch', 'test', 'calibration'];
    const others = [...order, ...order].slice(order.indexOf(this.shown) + 1).filter((name) => name !== this.shown);
    return this.#session.state.isSplitDrawn ? (others.find((name) => hasMore[name]) ?? null) : null;
  });

  /** Why the shown queue has no item to show, as a sentence with what to do. */
  readonly whyEmpty = $derived.by((): string => {
    const s = this.#session;
    if (s.items.length === 0) return 'Open images or texts on the Data stage first.';
    if (s.classes.list.length === 0) return 'Add your first classes on the Classes stage.';
    if (!s.encoding.isComplete) {
      return `Winnow is still reading the items: ${s.encoding.embedded} of ${s.encoding.total} embedded.`;
    }
    if (this.shown !== 'batch') {
      if (!s.state.isSplitDrawn) return 'Drawing the test set.';
      return `Every ${this.shown} item is labelled.`;
    }
    if (s.learning.problem) return s.learning.problem;
    if (!s.learning.isExhausted) return s.learning.step || 'Picking the next batch.';
    const copies = s.state.excluded.size;
    if (copies === 0) return 'Every item of the pool is labelled or skipped.';
    const heldOut = this.calibration.total > 0 ? 'test or calibration' : 'test';
    return `Every item of the pool is labelled or skipped. ${plural(copies, 'item')} nearly the same as ${heldOut} items are left out.`;
  });
}
