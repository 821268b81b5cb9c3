import {
  type Flagged,
  type Label,
  type ModelTrained,
  type Pick,
  type Population,
  type ProjectSettings,
  type Skipped,
  type Task,
} from './events.ts';
import { IMPORT_ANNOTATOR, type ClassId, type EventId, type ItemId } from './ids.ts';
import type { Modality } from './item.ts';
import type { Schema } from './schema.ts';

export interface RoundState {
  readonly round: number;
  readonly seed: number;
  readonly size: number;
  readonly picks: readonly Pick[];
  /** Strategy and model of the picks that are not random; null until they are selected. */
  readonly strategy: string | null;
  readonly modelVersion: number | null;
  readonly isSelected: boolean;
}

/** A decision of a person that undo can take back. */
export type Decision = Label | Skipped | Flagged;

/** What the log says. Maps and sets are live: read them, never change them. */
export interface ProjectState {
  readonly name: string;
  readonly modality: Modality;
  readonly seed: number;
  readonly settings: ProjectSettings;
  readonly task: Task;
  /** True once a label was ever given, also one that was taken back: then the task can't change any more. */
  readonly isTaskFixed: boolean;
  readonly hasReference: boolean;
  readonly schema: Schema;
  /** `seq` of the event that brought each class. */
  readonly classSince: ReadonlyMap<ClassId, number>;
  readonly isSplitDrawn: boolean;
  /** What the test set was drawn from; null where the log does not say. */
  readonly drawnFrom: Population | null;
  readonly test: ReadonlySet<ItemId>;
  /** Items that probabilities are calibrated on; none of them is a test item. */
  readonly calibration: ReadonlySet<ItemId>;
  /** Near-duplicates of test and calibration items. */
  readonly excluded: ReadonlySet<ItemId>;
  /** Versions of checkpoints that learnt from what has become held out, or nearly the same, since: none of their scores count. */
  readonly contaminated: ReadonlySet<number>;
  /** Standing label per item: the newest of a person, else the imported one. */
  readonly labels: ReadonlyMap<ItemId, Label>;
  /** Items whose newest standing decision is a skip. */
  readonly skips: ReadonlyMap<ItemId, Skipped>;
  /** Items whose class came with the data as a label, also where a person has changed it since. */
  readonly imported: ReadonlySet<ItemId>;
  /** Labels that took the place of an earlier one of a person when there was a model already. */
  readonly revisions: ReadonlySet<EventId>;
  readonly flags: ReadonlySet<ItemId>;
  readonly rounds: readonly RoundState[];
  /** Every checkpoint, oldest first. */
  readonly models: readonly ModelTrained[];
  /** Checkpoints of whose training labels none was taken back, oldest first. */
  readonly standingModels: readonly ModelTrained[];
  /** The newest of them. */
  readonly activeModel: ModelTrained | null;
  /** Standing decisions of people, oldest first; the last one is what undo takes back. */
  readonly decisions: readonly Decision[];
  readonly createdAt: number;
  readonly lastSeq: number;
}

interface Split {
  readonly test: ReadonlySet<ItemId>;
  readonly calibration: ReadonlySet<ItemId>;
}

/** Test and calibration items: never queried, never trained on, labelled blind. */
export function isHeldOut({ test, calibration }: Split, item: ItemId): boolean {
  return test.has(item) || calibration.has(item);
}

interface Parts {
  readonly excluded: ReadonlySet<ItemId>;
  readonly labels: ReadonlyMap<ItemId, Label>;
}

/** What an item is there for, as exports say it: `train` has a label to learn from, `pool` none yet, `excluded` is kept out. */
export function partOf(state: Split & Parts, item: ItemId): Part {
  if (state.test.has(item)) return 'test';
  if (state.calibration.has(item)) return 'calibration';
  if (state.excluded.has(item)) return 'excluded';
  return state.labels.has(item) ? 'train' : 'pool';
}
export type Part = 'test' | 'calibration' | 'excluded' | 'train' | 'pool';

/** True for a label that somebody gave; false for one that came with the data, or none. */
export function isPersonLabel(label: Label | undefined): boolean {
  return label !== undefined && label.annotator !== IMPORT_ANNOTATOR;
}

/** Standing labels, by where they come from: people, or the data. */
export function countLabels({ labels }: { readonly labels: ReadonlyMap<ItemId, Label> }): LabelCounts {
  let labelCount = 0;
  for (const label of labels.values()) if (isPersonLabel(label)) labelCount++;
  return { labelCount, importedCount: labels.size - labelCount };
}
export interface LabelCounts {
  readonly labelCount: number;
  readonly importedCount: number;
}
