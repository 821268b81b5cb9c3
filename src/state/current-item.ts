import { classesOf, type Label, type Skipped } from '../domain/events.ts';
import type { ProjectState } from '../domain/project-state.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { findClass, type Schema } from '../domain/schema.ts';
import type { SuggestionView } from './suggestions.ts';

export interface CurrentItem {
  readonly item: Item;
  readonly isTest: boolean;
  readonly isCalibration: boolean;
  readonly round: number | null;
  readonly strategy: string | null;
  readonly strategyName: string;
  readonly reason: string;
  readonly utility: number | null;
  readonly suggestions: readonly SuggestionView[];
  readonly modelVersion: number | null;
  /** The model has learnt from the item's label: what it says of the item is no second opinion. */
  readonly isLearnt: boolean;
  readonly isFlagged: boolean;
  /** Classes of the standing label when the item is shown again. */
  readonly previous: readonly ClassId[] | null;
  /** Classes that count as chosen now: the standing ones or, where there can be several, those that are ticked. */
  readonly chosen: readonly ClassId[];
  /** Full text, or null while it is read and for images. */
  readonly text: string | null;
  /** Object URL of the original or the thumbnail; null while it is read and for texts. */
  readonly url: string | null;
  readonly isThumbnail: boolean;
}

/** A label or skip as the list of the last ones shows it. */
export interface RecentDecision {
  readonly event: Label | Skipped;
  readonly item: Item;
  readonly className: string;
  /** -1 for none. */
  readonly colour: number;
}

const RECENT = 10;

/** The latest labels and skips that stand, newest first. */
export function recentDecisions(state: ProjectState, itemById: (id: ItemId) => Item | undefined): RecentDecision[] {
  const last = state.decisions.filter((d): d is Label | Skipped => d.kind !== 'flag').slice(-RECENT);
  return last.reverse().flatMap((event) => {
    const item = itemById(event.item);
    if (!item) return [];
    const ids = event.kind === 'skip' ? null : classesOf(event);
    const first = ids?.[0] && findClass(state.schema, ids[0]);
    const className = ids ? classNames(state.schema, ids) : 'skipped';
    return [{ event, item, className, colour: first ? first.colour : -1 }];
  });
}

/** "rust, mildew" in the order of the schema, or that there is none. */
export function classNames({ classes }: Schema, ids: readonly ClassId[]): string {
  const names = classes.filter((c) => ids.includes(c.id)).map((c) => c.name);
  return names.join(', ') || 'none of these';
}
