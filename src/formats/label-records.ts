import { classesOf, type Label, type Suggestion } from '../domain/events.ts';
import { partOf, type Part, type ProjectState } from '../domain/project-state.ts';
import { classId, type ClassId } from '../domain/ids.ts';
import { memberships, UNKNOWN } from '../domain/membership.ts';
import { findClass } from '../domain/schema.ts';
import type { Snapshot } from './format.ts';

/** What is known of a standing label, whatever it gives its item. */
interface RecordBase {
  readonly path: string;
  readonly other_paths: readonly string[];
  readonly sha256: string;
  readonly set: Part;
  readonly annotator: string;
  /** ISO 8601, UTC. */
  readonly labelled_at: string;
  readonly duration_ms: number;
  readonly round: number | null;
  readonly strategy: string | null;
  readonly model_version: number | null;
  readonly flagged: boolean;
  /** Where items are texts. */
  readonly text?: string;
}
/** One standing label with everything that is known about it: the columns of the label exports. */
export interface LabelRecord extends RecordBase {
  readonly class: string;
  readonly class_id: string;
  readonly suggestion: string | null;
  readonly suggestion_probability: number | null;
}
/** The same where an item can have several classes: lists, empty for none of these. */
export interface LabelSetRecord extends RecordBase {
  readonly classes: readonly string[];
  readonly class_ids: readonly string[];
  /** Names of the classes that were added after the label: neither given nor denied. */
  readonly not_asked: readonly string[];
  /** What the model had proposed; null when nothing was shown. */
  readonly suggestions: readonly { readonly class: string; readonly probability: number }[] | null;
}

/** Standing labels in item order. */
export function labelRecords(snapshot: Snapshot): LabelRecord[] {
  const name = naming(snapshot);
  return records(snapshot, (label) => {
    const [id = ''] = classesOf(label);
    const top = suggestionsOf(label)?.[0];
    return {
      class: name(id),
      class_id: id,
      suggestion: top ? name(top.classId) : null,
      suggestion_probability: top?.probability ?? null,
    };
  });
}

/** Standing labels in item order, where an item can have several classes. */
export function labelSetRecords(snapshot: Snapshot): LabelSetRecord[] {
  const name = naming(snapshot);
  return records(snapshot, (label) => ({
    classes: classesOf(label).map(name),
    class_ids: classesOf(label),
    not_asked: notAsked(snapshot.state, label).map(name),
    suggestions:
      suggestionsOf(label)?.map(({ classId, probability }) => ({ class: name(classId), probability })) ?? null,
  }));
}

/** Names of classes by id; the id itself for one that is no longer in the schema. */
export function naming({ state }: Snapshot): (id: string) => string {
  return (id) => findClass(state.schema, classId(id))?.name ?? id;
}

function notAsked(state: ProjectState, label: Label): ClassId[] {
  const ids = state.schema.classes.map((c) => c.id);
  const known = memberships(state, [label], ids);
  return ids.filter((_, c) => known[c] === UNKNOWN);
}

function suggestionsOf(label: Label): readonly Suggestion[] | null {
  if (label.kind === 'label-set') return label.suggestions;
  return label.suggestion ? [label.suggestion] : null;
}

function records<T>({ state, items, textOf }: Snapshot, own: (label: Label) => T): (RecordBase & T)[] {
  return items.flatMap((item) => {
    const label = state.labels.get(item.id);
    if (!label) return [];
    const [path = '', ...others] = item.paths;
    const text = textOf(item.id);
    return [
      {
        path,
        other_paths: others,
        sha256: item.id,
        ...own(label),
        set: partOf(state, item.id),
        annotator: label.annotator,
        labelled_at: new Date(label.at).toISOString(),
        duration_ms: label.durationMs,
        round: label.round,
        strategy: label.strategy,
        model_version: label.modelVersion,
        flagged: state.flags.has(item.id),
        ...(text !== undefined && { text }),
      },
    ];
  });
}
