import { findClass } from '../domain/schema.ts';
import type { Snapshot } from './format.ts';

/** One standing label with everything that is known about it: the columns of the label exports. */
export interface LabelRecord {
  readonly path: string;
  readonly other_paths: readonly string[];
  readonly sha256: string;
  readonly class: string;
  readonly class_id: string;
  readonly set: 'test' | 'train';
  readonly annotator: string;
  /** ISO 8601, UTC. */
  readonly labelled_at: string;
  readonly duration_ms: number;
  readonly round: number | null;
  readonly strategy: string | null;
  readonly model_version: number | null;
  readonly suggestion: string | null;
  readonly suggestion_probability: number | null;
  readonly flagged: boolean;
}

/** Standing labels in item order. */
export function labelRecords({ state, items }: Snapshot): LabelRecord[] {
  const name = (id: Parameters<typeof findClass>[1]): string => findClass(state.schema, id)?.name ?? id;
  return items.flatMap((item): LabelRecord[] => {
    const label = state.labels.get(item.id);
    if (!label) return [];
    const [path = '', ...others] = item.paths;
    return [
      {
        path,
        other_paths: others,
        sha256: item.id,
        class: name(label.classId),
        class_id: label.classId,
        set: state.test.has(item.id) ? 'test' : 'train',
        annotator: label.annotator,
        labelled_at: new Date(label.at).toISOString(),
        duration_ms: label.durationMs,
        round: label.round,
        strategy: label.strategy,
        model_version: label.modelVersion,
        suggestion: label.suggestion ? name(label.suggestion.classId) : null,
        suggestion_probability: label.suggestion?.probability ?? null,
        flagged: state.flags.has(item.id),
      },
    ];
  });
}
