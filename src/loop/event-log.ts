import type { EventDraft, WinnowEvent } from '../domain/events.ts';
import { ProjectFold } from '../domain/fold.ts';
import type { ProjectState } from '../domain/project-state.ts';
import { eventId, type ProjectId } from '../domain/ids.ts';
import type { Clock, Ids } from './ports.ts';
import type { EventStore } from './storage-ports.ts';

/**
 * The append-only log of one open project and the state that it folds to. Appends run one after another; state changes
 * only after the store says that the events are durable, so what is on screen is what is on disk.
 */
export class EventLog {
  readonly #project: ProjectId;
  readonly #store: EventStore;
  readonly #clock: Clock;
  readonly #ids: Ids;
  #fold: ProjectFold;
  #seq: number;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(project: ProjectId, store: EventStore, clock: Clock, ids: Ids, fold: ProjectFold, seq: number) {
    this.#project = project;
    this.#store = store;
    this.#clock = clock;
    this.#ids = ids;
    this.#fold = fold;
    this.#seq = seq;
  }

  /** Reads and folds what is stored. `first` is appended when the log is still empty. */
  static async open(
    project: ProjectId,
    store: EventStore,
    clock: Clock,
    ids: Ids,
    first: EventDraft | null = null,
  ): Promise<EventLog> {
    const events = await store.read(project);
    const seq = events.reduce((max, e) => Math.max(max, e.seq), 0);
    const log = new EventLog(project, store, clock, ids, ProjectFold.of(events), seq);
    if (events.length === 0 && first) await log.append([first]);
    return log;
  }

  /** Stores the drafts, all or none, then applies them. Resolves with the events once they are durable. */
  append(drafts: readonly EventDraft[]): Promise<readonly WinnowEvent[]> {
    const run = this.#tail.then(async () => {
      const at = this.#clock.now();
      const events = drafts.map(
        (draft, i) => ({ ...draft, id: eventId(this.#ids.next()), seq: this.#seq + 1 + i, at }) as WinnowEvent,
      );
      await this.#store.append(this.#project, events);
      this.#seq += events.length;
      for (const event of events) this.#fold.apply(event);
      return events;
    });
    this.#tail = run.catch(() => undefined);
    return run;
  }

  /** What the log says now; a new identity each call. Throws `RangeError` on an empty log. */
  state(): ProjectState {
    return this.#fold.state();
  }
}
