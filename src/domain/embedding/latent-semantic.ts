import { seededRandom } from '../random.ts';
import { orthonormalise, symmetricEigen } from './dense.ts';
import { countFeatures, inverseDocumentFrequency, weigh, type SparseRow } from './text-features.ts';

/**
 * Latent semantic analysis (Deerwester et al. 1990) by a randomised truncated SVD (Halko, Martinsson and Tropp 2011,
 * algorithms 4.4 and 5.1) of the tf-idf matrix. New texts are folded in: x V S^-1/2, unit length.
 */
export interface LatentSemanticModel {
  readonly dim: number;
  /** Buckets that carry weight, ascending; the rows of `projection`. */
  readonly buckets: Int32Array;
  /** Weight of each of those buckets. */
  readonly idf: Float32Array;
  /** Row-major [buckets, dim]: V scaled by S^(alpha - 1). */
  readonly projection: Float32Array;
}

const WANTED_DIM = 256;
const OVERSAMPLING = 16;
const POWER_ITERATIONS = 2;
/** Singular values enter with this power: 1 is plain LSA, 0 whitens. In between carries rare topics best (Bullinaria and Levy 2012). */
const ALPHA = 0.5;
const SEED = 20_110;
const MOST_BUCKETS = 60_000;

/** Learns the model from a sample of the pool. `onProgress` gets 0..1. Any texts, also none with known words, give a model. */
export function fitLatentSemantic(texts: readonly string[], onProgress: (share: number) => void): LatentSemanticModel {
  const documents = texts.map(countFeatures);
  const idf = keepMostFrequent(inverseDocumentFrequency(documents));
  const buckets = Int32Array.from(Array.from(idf.keys()).filter((b) => (idf[b] as number) > 0));
  const local = new Int32Array(idf.length).fill(-1);
  buckets.forEach((bucket, i) => {
    local[bucket] = i;
  });
  const rows = documents.map((counts) => relabel(weigh(counts, idf), local));
  onProgress(0.1);
  const width = Math.min(WANTED_DIM + OVERSAMPLING, Math.max(1, rows.length), Math.max(1, buckets.length));
  const random = seededRandom(SEED);
  let v = Float64Array.from({ length: buckets.length * width }, () => random.normal());
  let y = new Float64Array(0);
  for (let i = 0; i <= POWER_ITERATIONS; i++) {
    y = times(rows, v, width);
    orthonormalise(y, rows.length, width);
    v = timesTransposed(rows, y, buckets.length, width);
    onProgress(0.1 + (0.8 * (i + 1)) / (POWER_ITERATIONS + 1));
  }
  // A ~ Y (A^T Y)^T = Y B with B^T = v [buckets, width]; the small eigenproblem of B B^T gives S^2 and V = B^T U / S.
  const gram = new Float64Array(width * width);
  for (let b = 0; b < buckets.length; b++) {
    for (let i = 0; i < width; i++) {
      const x = v[b * width + i] as number;
      for (let j = 0; j <= i; j++)
        gram[i * width + j] = (gram[i * width + j] as number) + x * (v[b * width + j] as number);
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) gram[j * width + i] = gram[i * width + j] as number;
  const { values, vectors } = symmetricEigen(gram, width);
  const floor = 1e-9 * (values[0] ?? 0);
  const dim = Math.max(1, Math.min(WANTED_DIM, values.filter((x) => x > floor).length));
  const projection = new Float32Array(buckets.length * dim);
  for (let b = 0; b < buckets.length; b++) {
    for (let k = 0; k < dim; k++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += (v[b * width + i] as number) * (vectors[i * width + k] as number);
      const s = Math.sqrt(Math.max(values[k] as number, 1e-12));
      projection[b * dim + k] = (sum / s) * s ** (ALPHA - 1);
    }
  }
  onProgress(1);
  return { dim, buckets, idf: Float32Array.from(buckets, (b) => idf[b] as number), projection };
}

/** Embeds texts with a learnt model: row-major [texts, dim], unit length. A text without a known feature gets the first axis. */
export function embedLatentSemantic(model: LatentSemanticModel, texts: readonly string[]): Float32Array {
  const { dim, buckets, projection } = model;
  const position = new Map<number, number>();
  buckets.forEach((bucket, i) => position.set(bucket, i));
  const out = new Float32Array(texts.length * dim);
  texts.forEach((text, row) => {
    const at = row * dim;
    for (const [bucket, count] of countFeatures(text)) {
      const i = position.get(bucket);
      if (i === undefined) continue;
      const weight = (1 + Math.log(count)) * (model.idf[i] as number);
      for (let k = 0; k < dim; k++)
        out[at + k] = (out[at + k] as number) + weight * (projection[i * dim + k] as number);
    }
    let norm = 0;
    for (let k = 0; k < dim; k++) norm += (out[at + k] as number) ** 2;
    if (norm === 0) out[at] = 1;
    else for (let k = 0; k < dim; k++) out[at + k] = (out[at + k] as number) / Math.sqrt(norm);
  });
  return out;
}

/** Drops the rarest buckets until the projection is small enough to store. */
function keepMostFrequent(idf: Float32Array): Float32Array {
  const weights = Array.from(idf)
    .filter((w) => w > 0)
    .sort((a, b) => a - b);
  const cut = weights[MOST_BUCKETS];
  return cut === undefined ? idf : idf.map((w) => (w > 0 && w < cut ? w : 0));
}

function relabel(row: SparseRow, local: Int32Array): SparseRow {
  return { index: row.index.map((b) => local[b] as number), value: row.value };
}

/** A M for sparse rows A [n, buckets] and M [buckets, width]. */
function times(rows: readonly SparseRow[], m: Float64Array, width: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(rows.length * width);
  rows.forEach(({ index, value }, i) => {
    for (let e = 0; e < index.length; e++) {
      const from = (index[e] as number) * width;
      const x = value[e] as number;
      const to = i * width;
      for (let k = 0; k < width; k++) out[to + k] = (out[to + k] as number) + x * (m[from + k] as number);
    }
  });
  return out;
}

/** A^T M for sparse rows A [n, buckets] and M [n, width]. */
function timesTransposed(
  rows: readonly SparseRow[],
  m: Float64Array,
  buckets: number,
  width: number,
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(buckets * width);
  rows.forEach(({ index, value }, i) => {
    const from = i * width;
    for (let e = 0; e < index.length; e++) {
      const to = (index[e] as number) * width;
      const x = value[e] as number;
      for (let k = 0; k < width; k++) out[to + k] = (out[to + k] as number) + x * (m[from + k] as number);
    }
  });
  return out;
}
