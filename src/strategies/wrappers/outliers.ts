import type { Row } from '../../domain/ids.ts';
import type { Random } from '../../domain/random.ts';
import { MOST_BLOCK_VALUES } from '../distances.ts';
import { centredRows, sampleRows } from '../herding.ts';
import type { Compute, Matrix } from '../strategy.ts';
import { refilled } from './refill.ts';
import type { JudgeMaker, Wrapper } from './wrapper.ts';

/** Items that stand for the project's items as neighbours; more of them cost time in proportion. */
const REFERENCES = 1000;
/** Neighbour whose distance counts when every item is a reference; nearer ones when the references are a sample. */
const NEIGHBOUR = 5;
/** Tukey 1977, Exploratory data analysis: the fence is one and a half interquartile ranges above the third quartile. */
const FENCE = 1.5;
/** However wide the tail, never more than this share of the items is beyond the fence. */
const MOST_OUTSIDE = 0.02;
/** Backends' float32 inner products of unit rows are off by far less than this. */
const SLACK = 1e-4;
/** The first answers are judged pick by pick; from this attempt on every candidate is looked at. */
const PATIENCE = 1;

/**
 * No label is spent on an item whose distance to its nearest neighbours is beyond a robust quantile of all such
 * distances (Ramaswamy, Rastogi and Shim 2000, Efficient algorithms for mining outliers from large data sets), unless
 * nothing else is left.
 */
export default {
  id: 'outliers',
  wrap(inner, { skipsOutliers }) {
    return skipsOutliers ? refilled(inner, judge) : null;
  },
} satisfies Wrapper;

const judge: JudgeMaker = async (view, random, compute) => {
  const space = await neighbourSpace(view.embeddings, random.fork('outliers'), compute);
  const outside = new Set<Row>();
  const look = async (rows: Int32Array): Promise<void> => {
    if (space.fence === Infinity) return;
    const distances = await space.distances(rows);
    rows.forEach((row, i) => {
      if ((distances[i] as number) > space.fence) outside.add(row);
    });
  };
  return {
    look,
    accepts: (row) => !outside.has(row),
    async prune(rows, attempt) {
      if (attempt < PATIENCE) return rows;
      await look(rows);
      return rows.filter((row) => !outside.has(row));
    },
  };
};

export interface NeighbourSpace {
  /** Distances above this are far out; Infinity when the items are too few or too alike to tell. */
  readonly fence: number;
  /** Distance of each row to its k-th nearest reference other than itself, exact in float64. */
  distances(rows: Int32Array): Promise<Float64Array>;
}

/** The references, and the fence that their own distances draw. Rows of zeros (not embedded) are left out. */
export async function neighbourSpace(embeddings: Matrix, random: Random, compute: Compute): Promise<NeighbourSpace> {
  const all = Int32Array.from({ length: embeddings.rows }, (_, row) => row).filter((row) => !isZero(embeddings, row));
  const references = sampleRows(all, REFERENCES, random);
  const k = Math.max(1, Math.round((NEIGHBOUR * references.length) / Math.max(1, all.length)));
  const origin = new Float64Array(embeddings.cols);
  const others = centredRows(embeddings, references, origin);
  const distances = async (rows: Int32Array): Promise<Float64Array> => {
    const out = new Float64Array(rows.length);
    const block = Math.max(1, Math.floor(MOST_BLOCK_VALUES / Math.max(1, others.rows, embeddings.cols)));
    for (let start = 0; start < rows.length; start += block) {
      const part = rows.subarray(start, start + block);
      const own = centredRows(embeddings, part, origin);
      const products = await compute.dotProducts(own, others);
      part.forEach((row, i) => {
        const near = products.subarray(i * others.rows, (i + 1) * others.rows);
        out[start + i] = kthDistance(own, i, near, others, k, (j) => references[j] === row);
      });
    }
    return out;
  };
  if (references.length <= NEIGHBOUR + 1) return { fence: Infinity, distances };
  const sorted = (await distances(references)).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] as number;
  const spread = at(0.75) - at(0.25);
  return { fence: spread > 0 ? Math.max(at(0.75) + FENCE * spread, at(1 - MOST_OUTSIDE)) : Infinity, distances };
}

/** Exact distance to the k-th nearest: only references that rounding could put there are measured again. */
function kthDistance(
  own: Matrix,
  i: number,
  products: Float32Array,
  others: Matrix,
  k: number,
  isSelf: (j: number) => boolean,
): number {
  // The k + 1 largest products, the row's own included when it is a reference.
  const largest = new Float64Array(k + 1).fill(-Infinity);
  for (const value of products) {
    if (value <= (largest[0] as number)) continue;
    let slot = 0;
    while (slot < k && value > (largest[slot + 1] as number)) largest[slot] = largest[++slot] as number;
    largest[slot] = value;
  }
  const least = (largest[0] as number) - SLACK;
  const near: number[] = [];
  products.forEach((value, j) => {
    if (value >= least && !isSelf(j)) near.push(exactDistance(own, i, others, j));
  });
  return near.sort((a, b) => a - b)[k - 1] ?? Infinity;
}

function exactDistance(a: Matrix, i: number, b: Matrix, j: number): number {
  let sum = 0;
  for (let d = 0; d < a.cols; d++)
    sum += ((a.data[i * a.cols + d] as number) - (b.data[j * b.cols + d] as number)) ** 2;
  return Math.sqrt(sum);
}

function isZero({ data, cols }: Matrix, row: Row): boolean {
  for (let d = 0; d < cols; d++) if (data[row * cols + d] !== 0) return false;
  return true;
}
