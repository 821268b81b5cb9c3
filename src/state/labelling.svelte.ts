import { classesOf, type EventDraft } from '../domain/events.ts';
import { isHeldOut } from '../domain/project-state.ts';
import { annotator, type ClassId, type ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { labelDraft, setDraft, type LabelFacts } from '../loop/label-draft.ts';
import { askedPick } from '../loop/queue.ts';
import { strategyName } from '../strategies/index.ts';
import { classNames, recentDecisions, type CurrentItem } from './current-item.ts';
import { LabelQueues, type QueueName } from './label-queues.svelte.ts';
import { Neighbours } from './neighbours.svelte.ts';
import type { ProjectSession } from './project.svelte.ts';
import { suggestionsOf, type SuggestionView } from './suggestions.ts';
import { Ticks } from './ticks.svelte.ts';

export type { CurrentItem } from './current-item.ts';
/** Recorded as the strategy of a label when nothing asked for the item: the user found it by a search or in the list of items. */
export const SEARCH = 'search';
export const ME = annotator('me');

/** One item at a time: what is shown, and the decisions about it. */
export class LabellingState {
  readonly #session: ProjectSession;
  readonly queues: LabelQueues;
  #revisited = $state.raw<ItemId | null>(null);
  /** The item that is shown because the user looked it up. */
  #searched = $state.raw<ItemId | null>(null);
  #isBusy = false;
  #shownAt = 0;
  #shownItem: ItemId | null = null;
  readonly #ticks: Ticks;
  readonly #neighbours: Neighbours;

  constructor(session: ProjectSession) {
    this.#session = session;
    this.queues = new LabelQueues(session);
    this.#ticks = new Ticks(session);
    this.#neighbours = new Neighbours(session);
  }

  readonly #currentId = $derived.by((): ItemId | null => {
    if (!this.#session.hasStarted) return null;
    if (this.#revisited) return this.#revisited;
    if (this.#session.classes.list.length === 0) return null;
    return this.queues.ahead[0] ?? null;
  });
  /** True while an item is shown that is not what comes next: looked at again, or found. */
  readonly isAside = $derived.by(() => this.#revisited !== null && this.#revisited !== this.queues.ahead[0]);
  /** Labels that the active model learnt from. */
  readonly #learnt = $derived.by(() => new Set(this.#session.state.activeModel?.trainedOn));
  readonly current = $derived.by((): CurrentItem | null => {
    const id = this.#currentId;
    const item = id === null ? undefined : this.#session.itemById(id);
    if (id === null || !item) return null;
    const { state } = this.#session;
    const isTest = state.test.has(id);
    const isCalibration = state.calibration.has(id);
    const asked = askedPick(state, id);
    const isSearched = this.#searched === id && !isHeldOut(state, id);
    const labelled = state.labels.get(id);
    const previous = labelled ? classesOf(labelled) : null;
    const suggestions = isTest || isCalibration ? [] : this.#suggest(id);
    const media = this.#session.media.get(item);
    return {
      item,
      isTest,
      isCalibration,
      round: asked?.round ?? null,
      strategy: asked?.pick.strategy ?? (isSearched ? SEARCH : null),
      strategyName: asked ? strategyName(asked.pick.strategy) : '',
      reason: isTest
        ? 'Drawn at random for the test set, so that the numbers are honest.'
        : isCalibration
          ? 'Drawn at random for the calibration slice, so that probabilities can be corrected.'
          : (asked?.pick.reason ??
            (isSearched ? 'You looked it up yourself.' : 'You chose to look at this item again.')),
      utility: asked?.pick.utility ?? null,
      suggestions,
      modelVersion: suggestions.length > 0 ? (this.#session.learning.prediction(id)?.version ?? null) : null,
      isLearnt: labelled !== undefined && this.#learnt.has(labelled.id),
      isFlagged: state.flags.has(id),
      previous,
      chosen: state.task === 'multi' ? this.#ticks.of(id, previous) : (previous ?? []),
      text: media.text,
      url: media.url,
      isThumbnail: media.isThumbnail,
    };
  });
  readonly recent = $derived.by(() => recentDecisions(this.#session.state, (id) => this.#session.itemById(id)));
  readonly canUndo = $derived.by(() => this.#session.state.decisions.length > 0);
  /** Why nothing is shown, as a sentence with what to do; null when an item is shown. */
  readonly waiting = $derived.by((): string | null => (this.current ? null : this.queues.whyEmpty));

  get isTraining(): boolean {
    return this.#session.learning.isTraining;
  }
  get modelVersion(): number | null {
    return this.#session.state.activeModel?.version ?? null;
  }
  get neighbours(): readonly Item[] {
    return this.#neighbours.of(this.#currentId);
  }
  setQueue(queue: QueueName): void {
    this.queues.show(queue);
    this.#revisited = null;
    this.#prepare();
  }
  /** The next queue: batch, test set, calibration slice where there is one. */
  switchQueue(): void {
    this.setQueue(this.queues.next);
  }
  /** Leaves an item that was looked at again. */
  backToQueue(): void {
    this.setQueue(this.queues.shown);
  }
  revisit(item: ItemId): void {
    this.#revisited = item;
    if (!isHeldOut(this.#session.state, item)) this.#quietly(this.#session.learning.predict([item]));
    this.#prepare();
  }
  /** Shows an item that the user looked up; a label of it is recorded as such. */
  showFound(item: ItemId): void {
    this.#searched = item;
    this.revisit(item);
  }
  thumb(item: ItemId): Promise<string | null> {
    return this.#session.media.thumb(item);
  }

  /**
   * Labels the shown item. Resolves when the label is durable, only then does the next item appear; false when it was not
   * taken, because another is being stored or storing failed.
   */
  label(classId: ClassId): Promise<boolean> {
    return this.#decide((current) => labelDraft(this.#facts(current), classId, current.suggestions[0]));
  }
  /** Where an item can have several classes: ticks or unticks one; nothing is stored before `confirm`. */
  toggle(classId: ClassId): void {
    const { current } = this;
    if (current && !this.#session.isReadOnly) this.#ticks.toggle(current.item.id, current.previous, classId);
  }
  /** Labels the shown item with the ticked classes; with none of them it has none of the classes. */
  confirm(classIds: readonly ClassId[] | null = null): Promise<boolean> {
    return this.#decide((current) =>
      setDraft(this.#facts(current), this.#session.state.schema, classIds ?? current.chosen, current.suggestions),
    );
  }
  /** "rust, mildew", or "none of these". */
  namesOf(classIds: readonly ClassId[]): string {
    return classNames(this.#session.state.schema, classIds);
  }
  skip(): Promise<boolean> {
    return this.#decide(({ item, round }) => ({ kind: 'skip', item: item.id, annotator: ME, round }));
  }
  async flag(): Promise<void> {
    const { current } = this;
    if (!current || this.#session.isReadOnly) return;
    try {
      await this.#session.append([
        { kind: 'flag', item: current.item.id, annotator: ME, isFlagged: !current.isFlagged },
      ]);
    } catch (error) {
      this.#session.fail(error);
    }
  }
  /** Takes the last decision back and shows its item again; false when there was nothing to take back. Unlimited. */
  async undo(): Promise<boolean> {
    const last = this.#session.state.decisions.at(-1);
    if (!last || this.#isBusy || this.#session.isReadOnly) return false;
    this.#isBusy = true;
    try {
      await this.#session.append([{ kind: 'retract', target: last.id }]);
      this.queues.show(this.#queueOf(last.item));
      this.revisit(last.item);
    } catch (error) {
      this.#session.fail(error);
      return false;
    } finally {
      this.#isBusy = false;
    }
    this.#quietly(this.#session.learning.advance());
    return true;
  }

  /** Called when the stage is shown or the state has changed: reads ahead what will be needed next. */
  prepare(): void {
    this.#prepare();
    this.#quietly(this.#session.calibration.refresh());
  }

  #queueOf(item: ItemId): QueueName {
    const { test, calibration } = this.#session.state;
    if (test.has(item)) return 'test';
    return calibration.has(item) ? 'calibration' : 'batch';
  }

  async #decide(draft: (current: CurrentItem) => EventDraft): Promise<boolean> {
    const { current } = this;
    if (!current || this.#isBusy || this.#session.isReadOnly) return false;
    this.#isBusy = true;
    try {
      await this.#session.append([draft(current)]);
      this.#revisited = null;
      this.#ticks.clear();
      this.#prepare();
    } catch (error) {
      this.#session.fail(error);
      return false;
    } finally {
      this.#isBusy = false;
    }
    this.#quietly(this.#session.learning.advance().then(() => this.prepare()));
    if (current.isTest) this.#session.evaluation.labelsChanged();
    return true;
  }

  /** What is recorded of every label. */
  #facts(current: CurrentItem): LabelFacts {
    const shown = this.#shownItem === current.item.id ? this.#shownAt : this.#session.services.clock.now();
    const isBlind = current.isTest || current.isCalibration;
    return {
      item: current.item.id,
      annotator: ME,
      durationMs: Math.max(0, Math.round(this.#session.services.clock.now() - shown)),
      round: isBlind ? null : current.round,
      strategy: isBlind ? null : current.strategy,
      modelVersion: current.modelVersion,
    };
  }

  /** Marks the shown item's time, reads the next few items' media, and looks for neighbours. */
  #prepare(): void {
    const id = this.#currentId;
    if (id !== this.#shownItem) {
      this.#shownItem = id;
      this.#shownAt = this.#session.services.clock.now();
      if (id) this.#quietly(this.#neighbours.find(id));
    }
    const ids = [...(id ? [id] : []), ...this.queues.ahead.slice(0, 4)];
    this.#session.media.want(ids.flatMap((i) => this.#session.itemById(i) ?? []));
  }

  #suggest(id: ItemId): SuggestionView[] {
    const prediction = this.#session.learning.prediction(id);
    if (!prediction || prediction.version !== this.modelVersion) return [];
    const probabilities = this.#session.calibration.shown(prediction.probabilities, prediction.classes.length);
    return suggestionsOf({ ...prediction, probabilities }, this.#session.state.schema);
  }

  /** Background work whose failure is shown, not thrown. */
  #quietly(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#session.fail(error));
  }
}
