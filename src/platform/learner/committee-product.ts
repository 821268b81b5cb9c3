import type { LinearHead } from '../../domain/committee.ts';
import { joinFloats } from '../../domain/floats.ts';
import { foldHead } from '../../domain/head-maths.ts';
import type { Compute } from '../../strategies/strategy.ts';
import { sigmoidRows, softmaxRows } from './softmax-rows.ts';

/** Class probabilities of some rows `x` [rows, dim] under several heads, [rows, members, classes]. */
export type CommitteeProduct = (x: Float32Array, rows: number) => Promise<Float32Array>;

/**
 * Heads that see all features are one product; where they see a part of them (dropout) each is a product of its part only.
 */
export function committeeProduct(heads: readonly LinearHead[], compute: Compute): CommitteeProduct {
  const dim = heads[0]?.dim ?? 0;
  const classes = heads[0]?.bias.length ?? 0;
  const width = heads.length * classes;
  const bias = new Float32Array(width);
  const members = heads.map((head, m) => {
    const folded = foldHead(head);
    bias.set(folded.bias, m * classes);
    const seen = seenFeatures(folded.weights, dim, classes);
    return { weights: folded.weights, seen };
  });
  const every = Int32Array.from({ length: dim }, (_, d) => d);
  const isWhole = members.every(({ seen }) => seen.length > dim / 2);
  const all = isWhole ? joinFloats(members.map(({ weights }) => transposed(weights, classes, every))) : null;
  const parts = isWhole ? [] : members.map(({ weights, seen }) => transposed(weights, classes, seen));
  return async (x, rows) => {
    let out = new Float32Array(rows * width);
    if (all) {
      out = (await compute.dotProducts(
        { data: x, rows, cols: dim },
        { data: all, rows: width, cols: dim },
      )) as typeof out;
    } else {
      for (const [m, { seen }] of members.entries()) {
        const own = { data: columns(x, rows, dim, seen), rows, cols: seen.length };
        const part = { data: parts[m] ?? new Float32Array(), rows: classes, cols: seen.length };
        const logits = await compute.dotProducts(own, part);
        for (let i = 0; i < rows; i++)
          out.set(logits.subarray(i * classes, (i + 1) * classes), i * width + m * classes);
      }
    }
    if (heads[0]?.thresholds) sigmoidRows(out, bias);
    else softmaxRows(out, bias, classes);
    return out;
  };
}

/** Features with any weight, ascending. @param weights [dim, classes] */
function seenFeatures(weights: Float32Array, dim: number, classes: number): Int32Array {
  const isSeen = (d: number): boolean => weights.subarray(d * classes, (d + 1) * classes).some((w) => w !== 0);
  return Int32Array.from({ length: dim }, (_, d) => d).filter(isSeen);
}

/** Some rows of weights [dim, classes] as columns: [classes, rows]. */
function transposed(weights: Float32Array, classes: number, rows: Int32Array): Float32Array {
  const out = new Float32Array(classes * rows.length);
  rows.forEach((d, k) => {
    for (let c = 0; c < classes; c++) out[c * rows.length + k] = weights[d * classes + c] as number;
  });
  return out;
}

/** Some columns of a row-major matrix [rows, cols]. */
function columns(data: Float32Array, rows: number, cols: number, wanted: Int32Array): Float32Array {
  const out = new Float32Array(rows * wanted.length);
  let at = 0;
  for (let i = 0; i < rows; i++) for (const d of wanted) out[at++] = data[i * cols + d] as number;
  return out;
}
