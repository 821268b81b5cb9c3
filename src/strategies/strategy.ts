import type { Row } from '../domain/ids.ts';
import type { Random } from '../domain/random.ts';
import type { MakeStationary } from '../domain/stationary-matrix.ts';

/** Row-major float32 matrix. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

/** Heavy linear algebra: on the GPU or in WASM in the app, plain TypeScript in unit tests. Both must agree. */
export interface Compute {
  /** Small products that are wanted at once; null where plain loops are as quick. */
  readonly matrix: MakeStationary | null;
  /** a [n, d] times b [m, d] transposed -> [n, m] inner products. */
  dotProducts(a: Matrix, b: Matrix): Promise<Float32Array>;
  /** For each row of a the nearest row of b by Euclidean distance (ties: lowest index), with the squared distance. */
  nearest(a: Matrix, b: Matrix): Promise<{ index: Int32Array; squared: Float32Array }>;
}

/** Several heads' opinions of the pool, for strategies that look for disagreement. */
export interface Committee {
  readonly members: number;
  readonly classes: number;
  /** Class probabilities of some project rows on the backend, [rows, members, classes]: ask for a few thousand at a time. */
  probabilities(rows: Int32Array): Promise<Float32Array>;
  /** Exact float64 probabilities of a few rows, one [rows, classes] per member: identical on every backend. */
  exactProbabilities(rows: Int32Array): readonly Float64Array[];
}
/**
 * `bootstrap`: heads refitted with Bayesian-bootstrap weights, w ~ Exp(1) (Rubin 1981). `dropout`: the current head with
 * 75 % of its input features left out and the rest scaled up, one mask per member (Gupte et al. 2024); of a head with a
 * hidden layer half of the units, as in training.
 */
export type CommitteeKind = 'bootstrap' | 'dropout';

/** Items that may be of one class, by a name that came with the data, a rule of the user's or the class's own name. A guess, never a label. */
export interface ItemGroup {
  readonly name: string;
  /** Project rows, labelled ones too, ascending. Groups may overlap. */
  readonly rows: Int32Array;
}

/** What a strategy sees. Never the classifier. */
export interface PoolView {
  /** Unit-normalised embeddings of every item of the project, [items, dim]. */
  readonly embeddings: Matrix;
  /** Class probabilities by project row, [items, classes]; null before the first head. */
  readonly probabilities: Matrix | null;
  /** Rows that may be picked, ascending. */
  readonly candidates: Int32Array;
  /** Rows with a training label, ascending, with their class index (into the head's classes). */
  readonly labelledRows: Int32Array;
  readonly labels: Int32Array;
  /** Rows that are in the batch already, such as its random share. None when absent. */
  readonly batchRows?: Int32Array;
  /** Classes that the user has named, labelled or not. Not known when absent. */
  readonly namedClasses?: number;
  /** For cold starts that spread over guesses. None when absent. */
  readonly groups?: readonly ItemGroup[];
  /** Class names in the order of the probability columns, for reasons. */
  readonly classNames: readonly string[];
  /**
   * Exact float64 class probabilities of a few rows, [rows, classes]: identical on every backend. Shortlists are
   * ranked by these, so that rounding on one backend never changes a pick. Null before the first head.
   */
  readonly exactProbabilities: ((rows: Int32Array) => Float64Array) | null;
  /**
   * Present where an item can have several classes, [classes]: probabilities are then independent, and an item has a class
   * from its threshold on. `labels` is empty then.
   */
  readonly thresholds?: ArrayLike<number> | null;
  /**
   * What the head's last layer reads of some rows, [rows, width], identical on every backend. Absent where that is the
   * embedding itself.
   */
  readonly lastInputs?: (rows: Int32Array) => Float32Array;
  /** Forms a committee of `members` heads. Null before the first head. */
  readonly committee: ((kind: CommitteeKind, members: number) => Promise<Committee>) | null;
}

export interface StrategyPick {
  readonly row: Row;
  /** Higher is more useful; comparable within one call only. */
  readonly utility: number;
  /** One plain sentence: why this item. */
  readonly reason: string;
}

/** A query strategy. Pure: same view and same random stream, same picks. Ties break by row. */
export interface Strategy {
  readonly id: string;
  readonly name: string;
  /** One sentence for the menu. */
  readonly summary: string;
  /** Where it was published. */
  readonly source: string;
  /** True when it works without any label. */
  readonly isColdStart: boolean;
  readonly needsHead: boolean;
  /** What its groups are made of; without any it covers the pool. */
  readonly needsGroups?: 'hints' | 'rules' | 'names';
  /** More candidates than this are thinned out at random before it sees them; for those that are slow or need much memory. */
  readonly mostCandidates?: number;
  /** True when it also reads independent probabilities (`PoolView.thresholds`). Those without a head work in any case. */
  readonly readsSets?: boolean;
  /** Returns min(count, candidates) distinct candidate rows, most useful first. */
  select(view: PoolView, count: number, random: Random, compute: Compute): Promise<readonly StrategyPick[]>;
}
