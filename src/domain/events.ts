import { DEFAULT_GUARDS, type Guards } from './guards.ts';
import type { TextRules } from './rules.ts';
import type { StoppingThresholds } from './stopping.ts';
import type { Annotator, ClassId, EventId, ItemId } from './ids.ts';
import type { Modality } from './item.ts';
import type { Schema } from './schema.ts';

/**
 * Version of the shapes in this file. Change it together with the migration and the frozen fixture. Format 2 added
 * projects with several classes per item (`task`, `label-set`), format 3 the calibration slice. Each only adds kinds of
 * events and optional fields, so an older log is one of the newest format as it stands.
 */
export const EVENT_FORMAT = 3;

/** Whether an item has exactly one class (`single`) or any number of them, none included (`multi`). */
export type Task = 'single' | 'multi';

/** What kind of head is trained: linear, or with one hidden layer once there are labels enough for it. */
export type ModelKind = 'linear' | 'hidden';

/** What every event carries. Order of the log: by `seq` (a Lamport counter), then by `id`; merging is a union by id. */
interface EventBase {
  readonly id: EventId;
  readonly seq: number;
  /** Wall clock, milliseconds since 1970. For people; never used for order. */
  readonly at: number;
}

export interface ProjectSettings {
  /** Chosen before the first label and fixed from then on. Logs of format 1 have none: `single`. */
  readonly task?: Task | undefined;
  /** Items of the uniform random test set; 0 leaves it to `automaticTestSize`. */
  readonly testSize: number;
  /** Items of the calibration slice; none when absent. Only where an item has one class. */
  readonly calibrationSize?: number | undefined;
  readonly batchSize: number;
  /** Share of each batch that is drawn at random, 0..1. */
  readonly randomShare: number;
  readonly strategy: string;
  readonly coldStart: string;
  readonly encoder: string;
  /** How often the encoder has begun to learn from the project's items, where it does; once when absent. */
  readonly learning?: number | undefined;
  /** `auto` = WebGPU on a real adapter, else WASM, else CPU. */
  readonly backend: BackendChoice;
  /** `balanced` lets every class count alike in training, however many labels it has; `equal` when absent. */
  readonly classWeights?: 'equal' | 'balanced' | undefined;
  /** Linear when absent. Where an item can have several classes the model is linear in any case. */
  readonly model?: ModelKind | undefined;
  /** When labelling may stop, if the user changed the defaults. */
  readonly stopping?: StoppingThresholds | undefined;
  /** Absent in projects from before there were guards: none. */
  readonly guards?: Guards | undefined;
  readonly rules?: TextRules | undefined;
  /** What names that came with the data are for, when they are not labels; absent: a hidden reference. */
  readonly hintUse?: 'reference' | 'start' | undefined;
  /** Temperature of the probabilities that strategies see: `cross-validated` on the labels, or none when absent. */
  readonly queryTemperature?: 'none' | 'cross-validated' | undefined;
}
export type Backend = 'webgpu' | 'wasm' | 'cpu';
export type BackendChoice = 'auto' | Backend;

/** One item of a batch: which strategy asked for it, how useful it looked to that strategy, and why in words. */
export interface Pick {
  readonly item: ItemId;
  readonly strategy: string;
  readonly utility: number;
  readonly reason: string;
}

/** What the model said when the label was given; null when nothing was shown (test and calibration items, cold start). */
export interface Suggestion {
  readonly classId: ClassId;
  readonly probability: number;
}

export interface ProjectCreated extends EventBase {
  readonly kind: 'project-created';
  readonly format: number;
  readonly name: string;
  readonly modality: Modality;
  /** 32-bit seed of every random choice in the project. */
  readonly seed: number;
  readonly settings: ProjectSettings;
  /** True when hints are a hidden reference (practice run), false when they are imported as labels or absent. */
  readonly hasReference: boolean;
}
export interface ProjectRenamed extends EventBase {
  readonly kind: 'project-renamed';
  readonly name: string;
}
export interface SettingsChanged extends EventBase {
  readonly kind: 'settings-changed';
  readonly settings: Partial<ProjectSettings>;
}
export interface SchemaChanged extends EventBase {
  readonly kind: 'schema-changed';
  readonly schema: Schema;
}
export interface SplitDrawn extends EventBase {
  readonly kind: 'split-drawn';
  readonly seed: number;
  readonly test: readonly ItemId[];
  /** Near-duplicates of test items: neither tested nor queried. */
  readonly excluded: readonly ItemId[];
  /** The items that it was drawn from; unknown when absent. */
  readonly drawnFrom?: Population | undefined;
}
/** The first `count` items of a project by row, if `last` is the last of them: a merge can have changed the rows. */
export interface Population {
  readonly count: number;
  readonly last: ItemId;
}
/**
 * The calibration slice, drawn together with the test set. A kind of its own: an app that knows no slices refuses the log
 * instead of querying these items.
 */
export interface CalibrationDrawn extends EventBase {
  readonly kind: 'calibration-drawn';
  readonly seed: number;
  readonly items: readonly ItemId[];
  /** Near-duplicates of these items: neither calibrated on nor queried. */
  readonly excluded: readonly ItemId[];
}
/** A round begins; its model-independent picks (random share) are known at once. */
export interface RoundOpened extends EventBase {
  readonly kind: 'round-opened';
  /** 1-based. */
  readonly round: number;
  readonly seed: number;
  /** Planned number of picks, random ones included. */
  readonly size: number;
  readonly picks: readonly Pick[];
}
/** The strategy's picks of an open round, once the head that they need is trained. */
export interface BatchSelected extends EventBase {
  readonly kind: 'batch-selected';
  readonly round: number;
  readonly strategy: string;
  /** Null for a cold start. */
  readonly modelVersion: number | null;
  readonly picks: readonly Pick[];
  /** Temperature of the probabilities that the strategy saw; 1 when absent. */
  readonly temperature?: number | undefined;
}
interface LabelBase extends EventBase {
  readonly item: ItemId;
  readonly annotator: Annotator;
  /** Time on screen before the decision, milliseconds. */
  readonly durationMs: number;
  /** Round that asked for it; null for test and calibration items and imports. */
  readonly round: number | null;
  readonly strategy: string | null;
  readonly modelVersion: number | null;
}
/** The one class of an item. */
export interface Labelled extends LabelBase {
  readonly kind: 'label';
  readonly classId: ClassId;
  readonly suggestion: Suggestion | null;
}
/** Every class of an item, where it can have several. It replaces the item's earlier set as a whole. */
export interface LabelledSet extends LabelBase {
  readonly kind: 'label-set';
  /** Distinct, in the order of the schema; empty for "none of these". */
  readonly classIds: readonly ClassId[];
  /** The classes that the model proposed, most likely first; null when nothing was shown (test and calibration items, cold start). */
  readonly suggestions: readonly Suggestion[] | null;
}
export type Label = Labelled | LabelledSet;
export interface Skipped extends EventBase {
  readonly kind: 'skip';
  readonly item: ItemId;
  readonly annotator: Annotator;
  readonly round: number | null;
}
export interface Flagged extends EventBase {
  readonly kind: 'flag';
  readonly item: ItemId;
  readonly annotator: Annotator;
  readonly isFlagged: boolean;
}
/** Takes an earlier label, skip or flag back. Undo is this event. */
export interface Retracted extends EventBase {
  readonly kind: 'retract';
  readonly target: EventId;
}
export interface ModelTrained extends EventBase {
  readonly kind: 'model-trained';
  /** 1-based, rising. */
  readonly version: number;
  readonly encoder: string;
  readonly backend: Backend;
  /** Label events that it was trained on, to know which checkpoint an undo leaves standing. */
  readonly trainedOn: readonly EventId[];
  readonly classes: readonly ClassId[];
  /** Ridge penalty chosen. */
  readonly lambda: number;
  /** Units of the hidden layer; a linear head has none. */
  readonly hidden?: number | undefined;
  readonly fitMs: number;
}

export type WinnowEvent =
  | ProjectCreated
  | ProjectRenamed
  | SettingsChanged
  | SchemaChanged
  | SplitDrawn
  | CalibrationDrawn
  | RoundOpened
  | BatchSelected
  | Labelled
  | LabelledSet
  | Skipped
  | Flagged
  | Retracted
  | ModelTrained;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
/** An event before the log gives it an id, a sequence number and a time. */
export type EventDraft = DistributiveOmit<WinnowEvent, keyof EventBase>;

/** The classes that a label gives its item: one, or a set. */
export function classesOf(label: Label): readonly ClassId[] {
  return label.kind === 'label' ? [label.classId] : label.classIds;
}

/** The class of a label that gives exactly one, else null. */
export function oneClassOf(label: Label | undefined): ClassId | null {
  const classes = label ? classesOf(label) : [];
  return classes.length === 1 ? (classes[0] ?? null) : null;
}

/** Order of the log. */
export function compareEvents(a: WinnowEvent, b: WinnowEvent): number {
  return a.seq - b.seq || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

export const DEFAULT_SETTINGS: Omit<ProjectSettings, 'encoder'> = {
  testSize: 0,
  batchSize: 20,
  randomShare: 0.1,
  strategy: 'uherding',
  coldStart: 'max-herding',
  backend: 'auto',
  guards: DEFAULT_GUARDS,
};
