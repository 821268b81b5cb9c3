import { classesOf, oneClassOf, type ModelKind } from '../domain/events.ts';
import { isHeldOut, type ProjectState } from '../domain/project-state.ts';
import type { ClassId, EventId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { ABSENT, memberships, PRESENT } from '../domain/membership.ts';

/** Labels that may train a head: standing, of an embedded item that is neither held out nor a near-duplicate of such. Rows ascend. */
export interface TrainingSet {
  readonly rows: Int32Array;
  /** Class index of each row, into `classes`; empty where an item can have several classes. */
  readonly labels: Int32Array;
  /** Where an item can have several classes: `memberships` of the rows, [rows, classes]. */
  readonly targets?: Uint8Array;
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
    (i) => state.labels.has(i.id) && !isHeldOut(state, i.id) && !state.excluded.has(i.id) && isEmbedded(i),
  );
  if (state.task === 'multi') return trainingSets(state, used);
  const present = new Set(used.map((i) => oneClassOf(state.labels.get(i.id))));
  const classes = state.schema.classes.map((c) => c.id).filter((id) => present.has(id));
  const index = new Map(classes.map((id, i) => [id, i]));
  const rows: number[] = [];
  const labels: number[] = [];
  const events: EventId[] = [];
  for (const item of used) {
    const label = state.labels.get(item.id);
    const one = oneClassOf(label);
    const at = one === null ? undefined : index.get(one);
    if (!label || at === undefined) continue;
    rows.push(item.row);
    labels.push(at);
    events.push(label.id);
  }
  return { rows: Int32Array.from(rows), labels: Int32Array.from(labels), classes, events };
}

/** The same where an item can have several classes: every labelled item counts, one without a class too. */
function trainingSets(state: ProjectState, used: readonly Item[]): TrainingSet {
  const labels = used.flatMap((item) => state.labels.get(item.id) ?? []);
  const present = new Set(labels.flatMap(classesOf));
  const classes = state.schema.classes.filter((c) => !c.isHidden && present.has(c.id)).map((c) => c.id);
  const targets = memberships(state, labels, classes);
  const rows = Int32Array.from(used, (item) => item.row);
  return { rows, labels: new Int32Array(), targets, classes, events: labels.map((label) => label.id) };
}

/** Whether rare classes are to weigh as much as common ones. Classes that are independent have thresholds instead. */
export function isBalanced({ settings, task }: ProjectState): boolean {
  return settings.classWeights === 'balanced' && task === 'single';
}

/** The kind of head that is asked for. Independent classes have a linear one. */
export function modelOf({ settings, task }: ProjectState): ModelKind {
  return task === 'single' ? (settings.model ?? 'linear') : 'linear';
}

/** True when some class can be told from its absence: two classes, or a class that not every labelled item has. */
export function hasContrast({ rows, classes, targets }: TrainingSet): boolean {
  if (!targets) return classes.length >= 2;
  return classes.some((_, c) => {
    const seen = new Set<number | undefined>();
    for (let i = 0; i < rows.length; i++) seen.add(targets[i * classes.length + c]);
    return seen.has(PRESENT) && seen.has(ABSENT);
  });
}

/** Rows whose embeddings may help to train without a label: embedded, not held out and no near-duplicate of such. */
export function helperRows(
  state: ProjectState,
  items: readonly Item[],
  isEmbedded: (item: Item) => boolean,
): Int32Array {
  const used = items.filter((i) => isEmbedded(i) && !isHeldOut(state, i.id) && !state.excluded.has(i.id));
  return Int32Array.from(used, (i) => i.row);
}

/** True when the active head was trained on exactly these labels. */
export function isUpToDate(state: ProjectState, set: TrainingSet, encoder: string): boolean {
  const model = state.activeModel;
  if (!model || model.encoder !== encoder || model.trainedOn.length !== set.events.length) return false;
  // A class that was hidden or shown again changes a head of independent classes without a new label.
  if (set.targets && model.classes.toSorted().join() !== set.classes.toSorted().join()) return false;
  const known = new Set(model.trainedOn);
  return set.events.every((id) => known.has(id));
}
