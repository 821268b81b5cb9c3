import type { ProjectState } from '../domain/project-state.ts';
import type { Head } from '../domain/head.ts';
import { temper } from '../domain/temperature.ts';
import type { ItemId, ProjectId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { Exporter, Snapshot } from '../formats/format.ts';
import type { EmbeddingKey, Storage } from './storage-ports.ts';

/** The page stays usable in between. */
const TEXTS_AT_ONCE = 500;

export interface SnapshotOptions {
  readonly storage: Storage;
  readonly project: ProjectId;
  readonly state: ProjectState;
  readonly items: readonly Item[];
  readonly spec: EncoderSpec;
  readonly embeddings: EmbeddingKey;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Probabilities of rows under a head, [rows, classes]. */
  readonly predict: (rows: Int32Array, head: Head) => Promise<Float32Array>;
  readonly isEmbedded: (item: Item) => boolean;
  /** What the exporter reads. */
  readonly needs: Pick<Exporter, 'needsHead' | 'texts'>;
  /** Of the active model of `state`, from the slice; null where that has not been done. */
  readonly temperature: number | null;
}

/**
 * Everything an exporter needs, as it is at the call: labels that are given while predictions are made belong to the next export.
 * Items without an embedding have rows of zeros.
 */
export async function buildSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const o = { ...options, state: settled(options.state) };
  const model = o.needs.needsHead ? o.state.activeModel : null;
  const head = model ? await o.storage.heads.get(o.project, model.version) : null;
  const texts = await readTexts(o);
  return {
    projectId: o.project,
    state: o.state,
    items: o.items,
    events: await o.storage.events.read(o.project),
    head,
    predictions: head ? { classes: head.classes, probabilities: await predictAll(o, head) } : null,
    temperature: head ? o.temperature : null,
    textOf: (id) => texts.get(id),
    encoder: {
      id: o.spec.id,
      name: o.spec.name,
      embeddings: o.embeddings,
      revision: o.spec.revision,
      dim: head?.dim ?? o.spec.dim,
      preprocessing: `runtime ${o.spec.runtime}, pooling ${o.spec.pooling}, unit length${o.spec.path ? `, model ${o.spec.path}` : ''}`,
    },
    exportedAt: o.now,
  };
}

/** The log's state with maps of its own: those of a fold go on changing. */
function settled(state: ProjectState): ProjectState {
  return {
    ...state,
    test: new Set(state.test),
    calibration: new Set(state.calibration),
    excluded: new Set(state.excluded),
    labels: new Map(state.labels),
    skips: new Map(state.skips),
    imported: new Set(state.imported),
    flags: new Set(state.flags),
  };
}

async function readTexts({ storage, project, state, items, needs }: SnapshotOptions): Promise<Map<ItemId, string>> {
  const texts = new Map<ItemId, string>();
  if (state.modality !== 'text' || needs.texts === 'none') return texts;
  const wanted = items.filter(({ id }) => needs.texts === 'all' || state.labels.has(id)).map(({ id }) => id);
  for (let start = 0; start < wanted.length; start += TEXTS_AT_ONCE) {
    const ids = wanted.slice(start, start + TEXTS_AT_ONCE);
    const read = await storage.items.texts(project, ids);
    ids.forEach((id, i) => texts.set(id, read[i] ?? ''));
  }
  return texts;
}

async function predictAll(o: SnapshotOptions, head: Head): Promise<Float32Array> {
  const classes = head.classes.length;
  const embedded = o.items.filter((item) => o.isEmbedded(item));
  const flat = await o.predict(
    Int32Array.from(embedded, (item) => item.row),
    head,
  );
  const out = new Float32Array(o.items.length * classes);
  embedded.forEach((item, i) => out.set(flat.subarray(i * classes, (i + 1) * classes), item.row * classes));
  return temper(out, classes, o.temperature ?? 1);
}
