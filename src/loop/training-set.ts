import type { ProjectState } from '../domain/fold.ts';
import type { ClassId, EventId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';

/** Labels that may train a head: standing, of an embedded item that is neither in the test set nor a near-duplicate of it. Rows ascend. */
export interface TrainingSet {
  readonly rows: Int32Array;
  /** Class index of each row, into `classes`. */
  readonly labels: Int32Array;
  /** Classes with at least one label, in schema order. */
  readonly classes: readonly ClassId[];
  readonly events: readonly EventId[];
}

/** The training set that the log holds now. */
export function trainingSet(
  state: ProjectState,
  items: readonly Item[],
  isEmbedded: (item: Item) => boolean,
): TrainingSet {
  const used = items.filter(
    (i) => state.labels.has(i.id) && !state.test.has(i.id) && !state.excluded.has(i.id) && isEmbedded(i),
  );
  const present = new Set(used.map((i) => state.labels.get(i.id)?.classId));
  const classes = state.schema.classes.map((c) => c.id).filter((id) => present.has(id));
  const index = new Map(classes.map((id, i) => [id, i]));
  const rows: number[] = [];
  const labels: number[] = [];
  const events: EventId[] = [];
  for (const item of used) {
    const label = state.labels.get(item.id);
    const at = label && index.get(label.classId);
    if (!label || at === undefined) continue;
    rows.push(item.row);
    labels.push(at);
    events.push(label.id);
  }
  return { rows: Int32Array.from(rows), labels: Int32Array.from(labels), classes, events };
}

/** Rows whose embeddings may help to train without a label: embedded, not in the test set and no near-duplicate of it. */
export function helperRows(
  state: ProjectState,
  items: readonly Item[],
  isEmbedded: (item: Item) => boolean,
): Int32Array {
  const used = items.filter((i) => isEmbedded(i) && !state.test.has(i.id) && !state.excluded.has(i.id));
  return Int32Array.from(used, (i) => i.row);
}

/** True when the active head was trained on exactly these labels. */
export function isUpToDate(state: ProjectState, set: TrainingSet, encoder: string): boolean {
  const model = state.activeModel;
  if (!model || model.encoder !== encoder || model.trainedOn.length !== set.events.length) return false;
  const known = new Set(model.trainedOn);
  return set.events.every((id) => known.has(id));
}
