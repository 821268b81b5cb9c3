import type { Backend } from '../../domain/events.ts';
import type { FoldedHead } from '../../domain/head-maths.ts';
import type { LogisticFit } from '../../domain/logistic.ts';
import type { Compute, Matrix } from '../../strategies/strategy.ts';

/** The embedding matrix where one engine can work on it. */
export interface Pool extends Matrix {
  /** Softmax of the head's logits for every row, or the sigmoid of each where classes are independent; [rows, classes]. */
  probabilities(head: FoldedHead, isIndependent: boolean): Promise<Float32Array>;
  /** Inner products of every row with some vectors, row-major [rows, count]. @param vectors row-major [count, cols] */
  products(vectors: Float32Array, count: number): Promise<Float32Array>;
  dispose(): void;
}

/** Fits plain logistic regression to z [n, dim], standardised. */
export type FitLarge = (
  z: Float64Array,
  y: Int32Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
) => Promise<LogisticFit>;

/** What differs between the graphics processor, WebAssembly and plain JavaScript. */
export interface Engine {
  readonly backend: Backend;
  readonly compute: Compute;
  /** Takes ownership of `data`, row-major [rows, cols]. */
  pool(data: Float32Array, rows: number, cols: number): Pool;
  /** For training sets too large for one core; null where there is nothing faster. */
  readonly fitLarge: FitLarge | null;
  /** Bytes held beside the pool's own. */
  bytes(): number;
}
