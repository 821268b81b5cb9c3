import type { EventDraft, Label, Suggestion, Task } from '../domain/events.ts';
import { IMPORT_ANNOTATOR, type ClassId, type ItemId } from '../domain/ids.ts';
import type { Schema } from '../domain/schema.ts';

/** What is recorded of a label beside the classes. */
export type LabelFacts = Omit<
  Extract<Label, { kind: 'label-set' }>,
  'kind' | 'classIds' | 'suggestions' | 'id' | 'seq' | 'at'
>;

/** The one class of an item, and what the model had said first; null when nothing was shown. */
export function labelDraft(facts: LabelFacts, classId: ClassId, shown: Suggestion | undefined): EventDraft {
  const suggestion = shown ? { classId: shown.classId, probability: shown.probability } : null;
  return { kind: 'label', classId, suggestion, ...facts };
}

/** Every class of an item, in the order of the schema, and those that the model had given. */
export function setDraft(
  facts: LabelFacts,
  schema: Schema,
  ids: readonly ClassId[],
  shown: readonly (Suggestion & { readonly isGiven: boolean })[],
): EventDraft {
  const classIds = schema.classes.map((c) => c.id).filter((id) => ids.includes(id));
  const given = shown.filter((s) => s.isGiven).map(({ classId, probability }) => ({ classId, probability }));
  return { kind: 'label-set', classIds, suggestions: shown.length > 0 ? given : null, ...facts };
}

/** A label that came with the data. */
export function importedLabel(item: ItemId, schema: Schema, ids: readonly ClassId[], task: Task): EventDraft[] {
  const facts: LabelFacts = {
    item,
    annotator: IMPORT_ANNOTATOR,
    durationMs: 0,
    round: null,
    strategy: null,
    modelVersion: null,
  };
  const [first] = ids;
  if (!first) return [];
  return [task === 'multi' ? setDraft(facts, schema, ids, []) : labelDraft(facts, first, undefined)];
}
