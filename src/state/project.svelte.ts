import { WinnowError } from '../domain/errors.ts';
import type { EventDraft, ProjectSettings } from '../domain/events.ts';
import { countLabels, type ProjectState } from '../domain/project-state.ts';
import type { ItemId, ProjectId } from '../domain/ids.ts';
import type { Item, Modality } from '../domain/item.ts';
import { whyTaskIsFixed } from '../domain/task.ts';
import type { Services } from '../loop/app-ports.ts';
import { EventLog } from '../loop/event-log.ts';
import type { Storage } from '../loop/storage-ports.ts';
import { BrowsingState } from './browsing.svelte.ts';
import { CalibrationState } from './calibration.svelte.ts';
import { ClassesState } from './classes.svelte.ts';
import { DataState } from './data.svelte.ts';
import type { Downloads } from './downloads.svelte.ts';
import { EncoderLibrary } from './encoder-library.svelte.ts';
import { EncodingState } from './encoding.svelte.ts';
import { EvaluationState } from './evaluation.svelte.ts';
import { ExportingState } from './exporting.svelte.ts';
import type { Jobs } from './jobs.svelte.ts';
import { InsightState } from './insight.svelte.ts';
import { LabellingState } from './labelling.svelte.ts';
import { Learning } from './learning.svelte.ts';
import { MediaCache } from './media.svelte.ts';
import { NamesState } from './names.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import { RulesState } from './rules.svelte.ts';
import { SearchState } from './search.svelte.ts';
import { stageStatus, type Stage, type StageStatus } from './stage-status.ts';
import { TestSetState } from './test-set.svelte.ts';
import { WordSideState } from './word-side.svelte.ts';

/** What a project shares with the app. */
export interface Surroundings {
  readonly services: Services;
  readonly storage: Storage;
  readonly notices: Notices;
  readonly jobs: Jobs;
  readonly downloads: Downloads;
}

/** How far the list of projects may lag behind, milliseconds. */
const SUMMARY_MS = 500;

/** New settings, or how they follow from what is set when their turn comes. */
export type SettingsChange = Partial<ProjectSettings> | ((now: ProjectSettings) => Partial<ProjectSettings>);

/** One open project: its log, its items and the concerns that work on them. */
export class ProjectSession {
  readonly id: ProjectId;
  readonly services: Services;
  readonly storage: Storage;
  readonly notices: Notices;
  readonly jobs: Jobs;
  readonly downloads: Downloads;
  readonly #log: EventLog;
  #state = $state.raw<ProjectState>() as ProjectState;
  #items = $state.raw<readonly Item[]>([]);
  #byId = new Map<ItemId, Item>();
  #saved = $state<'saved' | 'saving' | 'failed'>('saved');
  #isReadOnly = $state(false);
  #hasStarted = $state(false);
  #pending = 0;
  #summaryTimer: ReturnType<typeof setTimeout> | undefined;
  #settingsTail: Promise<void> = Promise.resolve();
  readonly media: MediaCache;
  readonly encoderLibrary: EncoderLibrary;
  readonly encoding: EncodingState;
  readonly classes: ClassesState;
  readonly rules: RulesState;
  readonly words: WordSideState;
  readonly names: NamesState;
  readonly search: SearchState;
  readonly browsing: BrowsingState;
  readonly data: DataState;
  readonly learning: Learning;
  readonly labelling: LabellingState;
  readonly testSet: TestSetState;
  readonly evaluation: EvaluationState;
  readonly calibration: CalibrationState;
  readonly insight: InsightState;
  readonly exporting: ExportingState;

  private constructor(id: ProjectId, around: Surroundings, log: EventLog, items: readonly Item[]) {
    this.id = id;
    this.services = around.services;
    this.storage = around.storage;
    this.notices = around.notices;
    this.jobs = around.jobs;
    this.downloads = around.downloads;
    this.#log = log;
    this.#state = log.state();
    this.#setItems(items);
    this.media = new MediaCache(this);
    this.encoderLibrary = new EncoderLibrary(this);
    this.encoding = new EncodingState(this);
    this.classes = new ClassesState(this);
    this.rules = new RulesState(this);
    this.words = new WordSideState(this);
    this.names = new NamesState(this);
    this.search = new SearchState(this);
    this.browsing = new BrowsingState(this);
    this.data = new DataState(this);
    this.learning = new Learning(this);
    this.labelling = new LabellingState(this);
    this.testSet = new TestSetState(this);
    this.evaluation = new EvaluationState(this);
    this.calibration = new CalibrationState(this);
    this.insight = new InsightState(this);
    this.exporting = new ExportingState(this);
  }

  /** Opens a stored project; `first` is the project-created event of a new one. */
  static async open(id: ProjectId, around: Surroundings, first: EventDraft | null = null): Promise<ProjectSession> {
    const { services, storage } = around;
    let session: ProjectSession | null = null;
    // Before anything is read: what another tab writes until then belongs to what is read.
    const isHeld = await services.locks.acquire(id, false, () => {
      if (session) session.#lose();
    });
    try {
      const [log, items] = await Promise.all([
        EventLog.open(id, storage.events, services.clock, services.ids, first),
        storage.items.all(id),
      ]);
      session = new ProjectSession(id, around, log, items);
      session.#isReadOnly = !isHeld;
      await session.encoderLibrary.refresh();
      await Promise.all([session.encoding.refresh(), session.data.refresh()]);
      session.#hasStarted = session.state.isSplitDrawn;
      await session.#summarise();
      return session;
    } catch (error) {
      session?.encoderLibrary.close();
      if (isHeld) services.locks.release(id);
      throw error;
    }
  }

  get state(): ProjectState {
    return this.#state;
  }
  get items(): readonly Item[] {
    return this.#items;
  }
  get name(): string {
    return this.#state.name;
  }
  get modality(): Modality {
    return this.#state.modality;
  }
  /** `saved` is true: it turns to `saving` before a write and back only when the store says durable. */
  get saved(): 'saved' | 'saving' | 'failed' {
    return this.#saved;
  }
  get isReadOnly(): boolean {
    return this.#isReadOnly;
  }
  /** True from the first visit of the label stage on: then the test set is drawn and rounds run. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }
  readonly labelCounts = $derived.by(() => countLabels(this.#state));
  readonly personLabelCount: number = $derived(this.labelCounts.labelCount);
  readonly status = $derived.by((): Record<Stage, StageStatus> => stageStatus(this));

  itemById(id: ItemId): Item | undefined {
    return this.#byId.get(id);
  }
  /** True in a practice run: names that came with the data are kept as hidden answers. */
  readonly hasReference = $derived.by(() => this.#items.some((i) => this.reference(i.id) !== null));
  /** Hidden reference class of an item in a practice run, else null. A hint that was imported as a label is none. */
  reference(id: ItemId): string | null {
    if (this.#state.settings.hintUse === 'start' || this.#state.imported.has(id)) return null;
    // What is still being read will become labels or guesses: until then it answers nothing.
    const { hints } = this.data.unfinished?.choice ?? {};
    if (hints === 'labels' || hints === 'start') return null;
    return this.#byId.get(id)?.hint ?? null;
  }

  /** Stores events; when it resolves they are durable and on screen. Throws `project-open-elsewhere` in a tab that only looks. */
  async append(drafts: readonly EventDraft[]): Promise<void> {
    if (this.#isReadOnly) throw new WinnowError('project-open-elsewhere');
    this.#pending++;
    this.#saved = 'saving';
    let isStored = false;
    try {
      await this.#log.append(drafts);
      isStored = true;
      this.#state = this.#log.state();
      this.#summariseSoon();
    } finally {
      this.#pending--;
      if (this.#pending === 0 || !isStored) this.#saved = isStored ? 'saved' : 'failed';
    }
  }

  /** Does what the loop says is next, in the background. */
  advance(): void {
    this.learning
      .advance()
      .then(() => this.labelling.prepare())
      .catch((error: unknown) => this.fail(error));
  }

  /** Called when the label stage is shown: from now on the test set is fixed. */
  start(): void {
    if (this.#isReadOnly) {
      this.#hasStarted = this.#state.isSplitDrawn;
    } else if (this.encoding.isComplete && this.classes.list.length > 0) {
      this.#hasStarted = true;
    }
    this.labelling.prepare();
    this.advance();
    // After a reload the numbers at the foot are of the stored model.
    if (this.#hasStarted && this.encoding.isComplete) this.evaluation.labelsChanged();
  }

  async rename(name: string): Promise<void> {
    const clean = name.trim();
    if (clean === '' || clean === this.name) return;
    await this.#try(() => this.append([{ kind: 'project-renamed', name: clean }]));
    await this.#summarise();
  }
  /**
   * Changes come one after another: a function is given what the one before left, so that two quick changes to parts of
   * the same setting both count.
   */
  async changeSettings(change: SettingsChange): Promise<void> {
    this.#settingsTail = this.#settingsTail.then(() =>
      this.#try(async () => {
        const settings = typeof change === 'function' ? change(this.#state.settings) : change;
        const why = settings.task && settings.task !== this.#state.task ? whyTaskIsFixed(this.#state) : null;
        if (why) throw new WinnowError('bad-input', why);
        await this.append([{ kind: 'settings-changed', settings }]);
        if (settings.backend) await this.#moved();
      }),
    );
    await this.#settingsTail;
    this.advance();
  }

  /** Encoders run elsewhere now, and may need other weights there. What is under way ends as it was begun. */
  async #moved(): Promise<void> {
    await this.encoderLibrary.refresh();
    if (!this.encoding.isRunning) await this.encoding.refresh();
  }

  /** Items changed on disk (import): read them again. */
  async reloadItems(): Promise<void> {
    this.#setItems(await this.storage.items.all(this.id));
    await this.encoding.refresh();
    await this.#summarise();
  }

  /** Works here from now on, whatever another tab does. */
  async takeOver(): Promise<void> {
    await this.#goOnHere(true);
  }
  /** Works here again if the other tab was closed meanwhile; one that is just being closed is waited for. */
  async goOnIfFree(): Promise<void> {
    for (let tries = 0; tries < 5 && this.#isReadOnly; tries++) {
      if (await this.#goOnHere(false)) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
  async #goOnHere(isForced: boolean): Promise<boolean> {
    const isHeld = await this.services.locks.acquire(this.id, isForced, () => this.#lose());
    if (isHeld) location.reload();
    return isHeld;
  }

  fail(error: unknown): void {
    this.notices.fail(error);
    // Removed in another tab: from now on it is offered as a download again.
    if (error instanceof WinnowError && error.code === 'encoder-missing') void this.encoderLibrary.refresh();
  }
  async close(): Promise<void> {
    const isStill = this.encoding.close();
    this.encoderLibrary.close();
    this.learning.close();
    this.rules.close();
    this.names.close();
    this.search.close();
    this.words.close();
    this.media.close();
    await Promise.all([this.data.close(), isStill]);
    await this.#summarise();
    this.services.locks.release(this.id);
  }

  /** Another tab has taken the project over: nothing may be written here from now on. */
  #lose(): void {
    this.#isReadOnly = true;
    this.learning.close();
    void this.encoding.close();
    this.data.close().catch((error: unknown) => this.fail(error));
  }

  /** The list of projects has the number of labels also when the tab is closed without leaving the project. */
  #summariseSoon(): void {
    this.#summaryTimer ??= setTimeout(() => void this.#summarise(), SUMMARY_MS);
  }
  async #summarise(): Promise<void> {
    clearTimeout(this.#summaryTimer);
    this.#summaryTimer = undefined;
    if (this.#isReadOnly) return;
    const { id, name, modality } = this;
    const [createdAt, openedAt] = [this.#state.createdAt, this.services.clock.now()];
    const summary = { id, name, modality, createdAt, openedAt, itemCount: this.#items.length, ...this.labelCounts };
    await this.#try(() => this.storage.projects.put(summary));
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(error);
    }
  }

  #setItems(items: readonly Item[]): void {
    this.#items = items;
    this.#byId = new Map(items.map((item) => [item.id, item]));
  }
}
