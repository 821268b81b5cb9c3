import type { Row } from '../../domain/ids.ts';
import type { Random } from '../../domain/random.ts';
import type { Compute, PoolView, Strategy } from '../strategy.ts';

export type Select = Strategy['select'];

/** `Guards` with classes as columns of the probabilities. */
export interface GuardRequest {
  readonly nearDuplicates: number | null;
  readonly skipsOutliers: boolean;
  readonly quotas: readonly { readonly column: number; readonly atLeast: number }[];
}

/** Changes how any strategy selects and is a strategy's `select` itself: same view and stream, same picks. */
export interface Wrapper {
  readonly id: string;
  /** Null when there is nothing for it to do. */
  wrap(inner: Select, guards: GuardRequest, strategy: Strategy): Select | null;
}

/** Judges one selection's picks, one after another. */
export interface Judge {
  /** Called with each answer's rows before they are judged. */
  look(rows: Int32Array): Promise<void>;
  /** False when the row should not be in the batch beside what is kept. */
  accepts(row: Row, kept: readonly Row[]): boolean;
  /** Drops rows that `accepts` would refuse, as far as that is cheap in this attempt (0-based). Ascending in and out. */
  prune(rows: Int32Array, attempt: number): Promise<Int32Array>;
}
export type JudgeMaker = (view: PoolView, random: Random, compute: Compute) => Promise<Judge>;
