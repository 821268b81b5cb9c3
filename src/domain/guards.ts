import type { ClassId } from './ids.ts';

/** Cosine similarity from which two items count as near-duplicates. */
export const NEAR_DUPLICATE_COSINE = 0.995;

/** At least so many items of each batch that the model takes for one class, for classes that are rare. */
export interface ClassQuota {
  readonly classId: ClassId;
  readonly atLeast: number;
}

/** What a project asks of every batch, whatever the strategy. The random share is left alone. */
export interface Guards {
  /** Version of this shape. */
  readonly version: 1;
  /** Cosine similarity from which two items are too alike for one batch, or one item too like a labelled one; null: never. */
  readonly nearDuplicates: number | null;
  /** No label is spent on items far from everything else. */
  readonly skipsOutliers: boolean;
  readonly quotas: readonly ClassQuota[];
}

/** Projects from before there were guards. */
export const NO_GUARDS: Guards = { version: 1, nearDuplicates: null, skipsOutliers: false, quotas: [] };
/** New projects. */
export const DEFAULT_GUARDS: Guards = { ...NO_GUARDS, nearDuplicates: NEAR_DUPLICATE_COSINE };
