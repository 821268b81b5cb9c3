import {
  compareEvents,
  type Label,
  type ModelTrained,
  type Population,
  type ProjectSettings,
  type Skipped,
  type WinnowEvent,
} from './events.ts';
import { IMPORT_ANNOTATOR, type ClassId, type EventId, type ItemId } from './ids.ts';
import type { Modality } from './item.ts';
import { EMPTY_SCHEMA, type Schema } from './schema.ts';
import type { Decision, ProjectState, RoundState } from './project-state.ts';

/** Folds a log, one event at a time. State is a pure function of the set of events. */
export class ProjectFold {
  #name = '';
  #modality: Modality = 'image';
  #seed = 0;
  #settings: ProjectSettings | null = null;
  #isTaskFixed = false;
  #hasReference = false;
  #schema: Schema = EMPTY_SCHEMA;
  #classSince = new Map<ClassId, number>();
  #splits = 0;
  #drawnFrom: Population | null = null;
  #test = new Set<ItemId>();
  #calibration = new Set<ItemId>();
  #excluded = new Set<ItemId>();
  #revisions = new Set<EventId>();
  #nearTest: readonly ItemId[] = [];
  #nearCalibration: readonly ItemId[] = [];
  #labels = new Map<ItemId, Label>();
  #skips = new Map<ItemId, Skipped>();
  #imported = new Set<ItemId>();
  #flags = new Set<ItemId>();
  #rounds: RoundState[] = [];
  #models: ModelTrained[] = [];
  /** Null when it has to be worked out again. */
  #standing: readonly ModelTrained[] | null = null;
  #decisions: Decision[] = [];
  /** Every standing label and skip of an item, oldest first. */
  #byItem = new Map<ItemId, (Label | Skipped)[]>();
  #known = new Map<EventId, Decision>();
  /** Of every label, those taken back included. */
  #itemOf = new Map<EventId, ItemId>();
  #contaminated: ReadonlySet<number> = new Set();
  #retracted = new Set<EventId>();
  #createdAt = 0;
  #lastSeq = 0;

  /** Folds a whole log, in any order. */
  static of(events: readonly WinnowEvent[]): ProjectFold {
    const fold = new ProjectFold();
    for (const event of [...events].sort(compareEvents)) fold.apply(event);
    return fold;
  }

  /** Applies the next event in log order. */
  apply(event: WinnowEvent): void {
    this.#lastSeq = Math.max(this.#lastSeq, event.seq);
    switch (event.kind) {
      case 'project-created':
        this.#name = event.name;
        this.#modality = event.modality;
        this.#seed = event.seed;
        this.#settings = event.settings;
        this.#hasReference = event.hasReference;
        this.#createdAt = event.at;
        break;
      case 'project-renamed':
        this.#name = event.name;
        break;
      case 'settings-changed':
        this.#change(event.settings);
        break;
      case 'schema-changed':
        this.#schema = event.schema;
        for (const { id } of event.schema.classes) if (!this.#classSince.has(id)) this.#classSince.set(id, event.seq);
        break;
      case 'split-drawn':
        this.#splits++;
        this.#drawnFrom = event.drawnFrom ?? null;
        this.#test = new Set(event.test);
        this.#nearTest = event.excluded;
        this.#calibration = new Set([...this.#calibration].filter((id) => !this.#test.has(id)));
        this.#holdOut();
        break;
      case 'calibration-drawn':
        // Two splits that were drawn apart and merged may disagree: what tests does not calibrate.
        this.#calibration = new Set(event.items.filter((id) => !this.#test.has(id)));
        this.#nearCalibration = event.excluded;
        this.#holdOut();
        break;
      case 'round-opened': {
        const { round, seed, size, picks } = event;
        this.#rounds.push({ round, seed, size, picks, strategy: null, modelVersion: null, isSelected: false });
        break;
      }
      case 'batch-selected':
        this.#rounds = this.#rounds.map((r) =>
          r.round === event.round && !r.isSelected
            ? {
                ...r,
                picks: [...r.picks, ...event.picks],
                strategy: event.strategy,
                modelVersion: event.modelVersion,
                isSelected: true,
              }
            : r,
        );
        break;
      case 'label':
      case 'label-set':
        this.#isTaskFixed = true;
        this.#decide(event);
        break;
      case 'skip':
      case 'flag':
        this.#decide(event);
        break;
      case 'retract':
        this.#retract(event.target);
        break;
      case 'model-trained':
        this.#models.push(event);
        this.#standing = null;
        // Only in a merged log can it come after the split that was drawn again.
        if (this.#splits > 1 && this.#sawHeldOut(event)) {
          this.#contaminated = new Set([...this.#contaminated, event.version]);
        }
        break;
      default:
        event satisfies never;
    }
  }

  /** A snapshot whose identity is new, over live collections. Throws `RangeError` before `project-created`. */
  state(): ProjectState {
    if (!this.#settings) throw new RangeError('The log has no project-created event.');
    return {
      name: this.#name,
      modality: this.#modality,
      seed: this.#seed,
      settings: this.#settings,
      task: this.#settings.task ?? 'single',
      isTaskFixed: this.#isTaskFixed,
      hasReference: this.#hasReference,
      schema: this.#schema,
      classSince: this.#classSince,
      isSplitDrawn: this.#splits > 0,
      drawnFrom: this.#drawnFrom,
      test: this.#test,
      calibration: this.#calibration,
      excluded: this.#excluded,
      contaminated: this.#contaminated,
      labels: this.#labels,
      skips: this.#skips,
      imported: this.#imported,
      revisions: this.#revisions,
      flags: this.#flags,
      rounds: this.#rounds,
      models: this.#models,
      standingModels: this.#standingModels(),
      activeModel: this.#standingModels().at(-1) ?? null,
      decisions: this.#decisions,
      createdAt: this.#createdAt,
      lastSeq: this.#lastSeq,
    };
  }

  /** What is kept out now, and which checkpoints learnt from it before. */
  #holdOut(): void {
    this.#excluded = new Set([...this.#nearTest, ...this.#nearCalibration].filter((id) => !this.#isHeldOut(id)));
    this.#contaminated = new Set(this.#models.flatMap((m) => (this.#sawHeldOut(m) ? [m.version] : [])));
  }

  #sawHeldOut({ trainedOn }: ModelTrained): boolean {
    return trainedOn.some((id) => {
      const item = this.#itemOf.get(id);
      return item !== undefined && (this.#isHeldOut(item) || this.#excluded.has(item));
    });
  }

  #isHeldOut(item: ItemId): boolean {
    return this.#test.has(item) || this.#calibration.has(item);
  }

  /** A change of the task after the first label is left out: labels of both kinds would have to train one model. */
  #change(change: Partial<ProjectSettings>): void {
    const { task } = this.#settings ?? {};
    if (this.#settings) this.#settings = { ...this.#settings, ...change, ...(this.#isTaskFixed ? { task } : {}) };
  }

  #standingModels(): readonly ModelTrained[] {
    return (this.#standing ??=
      this.#retracted.size === 0
        ? [...this.#models]
        : this.#models.filter((model) => model.trainedOn.every((id) => !this.#retracted.has(id))));
  }

  #decide(event: Decision): void {
    if (this.#retracted.has(event.id)) return;
    this.#known.set(event.id, event);
    const isImport = event.annotator === IMPORT_ANNOTATOR;
    if (isImport) this.#imported.add(event.item);
    else this.#decisions.push(event);
    if (event.kind === 'flag') {
      if (event.isFlagged) this.#flags.add(event.item);
      else this.#flags.delete(event.item);
      return;
    }
    const before = this.#labels.get(event.item);
    if (event.kind !== 'skip' && before && before.annotator !== IMPORT_ANNOTATOR && this.#models.length > 0)
      this.#revisions.add(event.id);
    if (event.kind !== 'skip') this.#itemOf.set(event.id, event.item);
    const list = this.#byItem.get(event.item);
    if (list) list.push(event);
    else this.#byItem.set(event.item, [event]);
    this.#settle(event.item);
  }

  #retract(target: EventId): void {
    this.#retracted.add(target);
    this.#standing = null;
    const event = this.#known.get(target);
    if (!event) return;
    this.#known.delete(target);
    const at = this.#decisions.lastIndexOf(event);
    if (at >= 0) this.#decisions.splice(at, 1);
    if (event.kind === 'flag') {
      const before = this.#decisions.findLast((d) => d.kind === 'flag' && d.item === event.item);
      if (before?.kind === 'flag' && before.isFlagged) this.#flags.add(event.item);
      else this.#flags.delete(event.item);
      return;
    }
    const list = this.#byItem.get(event.item) ?? [];
    const kept = list.filter((e) => e !== event);
    this.#byItem.set(event.item, kept);
    this.#settle(event.item);
  }

  /** Recomputes the standing label and skip of one item. */
  #settle(item: ItemId): void {
    const list = this.#byItem.get(item) ?? [];
    const byPeople = list.filter((e) => e.annotator !== IMPORT_ANNOTATOR);
    const last = byPeople.at(-1);
    const standing = last ?? list.at(-1);
    if (standing && standing.kind !== 'skip') this.#labels.set(item, standing);
    else this.#labels.delete(item);
    if (last?.kind === 'skip') this.#skips.set(item, last);
    else this.#skips.delete(item);
  }
}
