/** What trains heads and picks batches. Adapters: `platform/learner/local-learner.ts` and its worker client. */
import type { Backend, BackendChoice, ModelKind } from '../domain/events.ts';
import type { Head } from '../domain/head.ts';
import type { Row } from '../domain/ids.ts';
import type { ItemGroup, StrategyPick } from '../strategies/strategy.ts';
import type { GuardRequest } from '../strategies/wrappers/wrapper.ts';

export interface LearnerInfo {
  readonly backend: Backend;
  readonly fallback: string | null;
}
export interface TrainRequest {
  /** Matrix rows with a training label, ascending. */
  readonly rows: Int32Array;
  /** Class index of each; empty with `targets`. */
  readonly labels: Int32Array;
  /** Where an item can have several classes: `memberships` of the rows, row-major [rows, classes]. */
  readonly targets?: Uint8Array | undefined;
  readonly classCount: number;
  readonly seed: number;
  /** True lets every class count alike, however many labels it has; not with targets. */
  readonly isBalanced?: boolean;
  /** A hidden layer is left out while there are too few labels for one, and with targets. Linear when absent. */
  readonly model?: ModelKind;
  /** Inverse penalty of a plain logistic regression (see `regularisation.ts`); when null or absent the head is chosen. */
  readonly c?: number | null;
  /** Rows whose embeddings may help without a label: all but held-out items. None when absent. */
  readonly pool?: Int32Array;
}
/** A head without project vocabulary, and how long fitting it took. */
export interface FittedHead extends Omit<Head, 'version' | 'encoder' | 'classes'> {
  readonly fitMs: number;
}
/** Per-row summary of the pool under the current head; arrays are [items]. */
export interface PoolScores {
  readonly top: Int32Array;
  readonly topProbability: Float32Array;
  readonly second: Int32Array;
  readonly secondProbability: Float32Array;
  readonly scoreMs: number;
}
export interface SelectRequest {
  readonly strategy: string;
  readonly count: number;
  readonly seed: number;
  readonly candidates: Int32Array;
  readonly labelledRows: Int32Array;
  readonly labels: Int32Array;
  /** Where an item can have several classes: `memberships` of the labelled rows, row-major [rows, classes]. */
  readonly targets?: Uint8Array | undefined;
  readonly classNames: readonly string[];
  /** Rows that are in the batch already. None when absent. */
  readonly batchRows?: Int32Array;
  /** Classes that the user has named, labelled or not. Not known when absent. */
  readonly namedClasses?: number;
  /** Guesses for cold starts that spread over them. None when absent. */
  readonly groups?: readonly ItemGroup[];
  /** What every batch is guarded against. Nothing when absent. */
  readonly guards?: GuardRequest;
  /** How the current head was trained, where its temperature is wanted from cross-validation. As it is when absent. */
  readonly temperature?: Pick<TrainRequest, 'seed' | 'pool' | 'isBalanced' | 'c' | 'model'>;
}
export interface Selection {
  readonly picks: readonly StrategyPick[];
  /** Of the probabilities that the strategy saw; 1 when absent. */
  readonly temperature?: number;
  readonly selectMs: number;
}

/**
 * The learner. Embeddings enter once and stay there; what comes back is n numbers or k picks.
 * The in-process learner and its worker client implement this one interface.
 */
export interface Learner {
  open(backend: BackendChoice): Promise<LearnerInfo>;
  /** Takes ownership of `data` (transferred): row-major [rows, dim], unit-normalised. Replaces what was there. */
  load(data: Float32Array, rows: number, dim: number): Promise<void>;
  /** Fits a head and makes it the current one. */
  train(request: TrainRequest): Promise<FittedHead>;
  /**
   * Fits a head without making it the current one, and says which class it gives each test row; with `targets`, 1 or 0
   * for each class, [test, classes].
   */
  tryHead(request: TrainRequest, test: Int32Array): Promise<Int32Array>;
  /** Makes a stored head the current one (undo, reopening). */
  use(head: FittedHead | null): Promise<void>;
  /** Scores every row under the current head. */
  score(): Promise<PoolScores>;
  /** Probabilities of some rows under the current head, [rows, classes]; exact float64 path rounded to float32. */
  probabilities(rows: Int32Array): Promise<Float32Array>;
  select(request: SelectRequest): Promise<Selection>;
  /** Rows whose cosine similarity to any of `anchors` is at least `threshold` (anchors themselves left out). */
  nearDuplicates(anchors: Int32Array, threshold: number): Promise<Int32Array>;
  /** The `count` rows nearest to `row` by cosine, nearest first, itself left out. */
  neighbours(row: Row, count: number): Promise<Int32Array>;
  /**
   * Inner products of every row with some vectors, row-major [rows, count]: the same bits on every backend.
   * @param vectors row-major [count, dim]
   */
  similarities(vectors: Float32Array, count: number): Promise<Float32Array>;
  /** Bytes held on the backend and in the worker's heap, for the benchmarks. */
  memory(): Promise<{ backendBytes: number; heapBytes: number }>;
  stop(): void;
}
