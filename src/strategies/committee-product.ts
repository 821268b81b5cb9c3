import type { LinearHead } from '../domain/committee.ts';
import { foldHead } from '../domain/head-maths.ts';
import type { Compute, Matrix } from './strategy.ts';

/** Class probabilities of some rows `x` under several heads, float32 [rows, members, classes]. */
export type CommitteeProduct = (x: Matrix) => Promise<Float32Array>;

/**
 * Heads that see all features are one product; where they see a part of them (dropout) each is a product of its part only.
 */
export function committeeProduct(heads: readonly LinearHead[], compute: Compute): CommitteeProduct {
  const classes = heads[0]?.bias.length ?? 0;
  const members = heads.map((head) => {
    const { weights, bias } = foldHead(head);
    return { weights, bias, seen: seenFeatures(weights, head.dim, classes) };
  });
  const dim = heads[0]?.dim ?? 0;
  const every = Int32Array.from({ length: dim }, (_, d) => d);
  const isWhole = members.every(({ seen }) => seen.length > dim / 2);
  const groups = isWhole ? [members] : members.map((member) => [member]);
  const parts = groups.map((group) => {
    const seen = isWhole ? every : (group[0]?.seen ?? every);
    return {
      seen,
      weights: transposed(group, seen, classes),
      bias: Float64Array.from(group.flatMap((m) => [...m.bias])),
    };
  });
  const width = members.length * classes;
  return async (x) => {
    const out = new Float32Array(x.rows * width);
    let at = 0;
    for (const { seen, weights, bias } of parts) {
      const own = seen.length === x.cols ? x : columnsOf(x, seen);
      // A mask can hide every feature: then only the biases speak.
      const products =
        seen.length === 0 ? new Float32Array(x.rows * bias.length) : await compute.dotProducts(own, weights);
      for (let i = 0; i < x.rows; i++) {
        for (let from = 0; from < bias.length; from += classes) {
          softmaxInto(out, i * width + at + from, products, i * bias.length + from, bias, from, classes);
        }
      }
      at += bias.length;
    }
    return out;
  };
}

/** Softmax of the products plus bias. */
function softmaxInto(
  out: Float32Array,
  to: number,
  products: Float32Array,
  from: number,
  bias: Float64Array,
  biasAt: number,
  classes: number,
): void {
  let max = -Infinity;
  for (let c = 0; c < classes; c++) {
    const logit = (products[from + c] as number) + (bias[biasAt + c] as number);
    products[from + c] = logit;
    if (logit > max) max = logit;
  }
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const e = Math.exp((products[from + c] as number) - max);
    out[to + c] = e;
    sum += e;
  }
  for (let c = 0; c < classes; c++) out[to + c] = (out[to + c] as number) / sum;
}

/** Features with any weight, ascending. @param weights [dim, classes] */
function seenFeatures(weights: Float32Array, dim: number, classes: number): Int32Array {
  const isSeen = (d: number): boolean => weights.subarray(d * classes, (d + 1) * classes).some((w) => w !== 0);
  return Int32Array.from({ length: dim }, (_, d) => d).filter(isSeen);
}

/** Weights of some members and features as rows, [members * classes, features]. */
function transposed(members: readonly { weights: Float32Array }[], seen: Int32Array, classes: number): Matrix {
  const data = new Float32Array(members.length * classes * seen.length);
  let at = 0;
  for (const { weights } of members) {
    for (let c = 0; c < classes; c++) for (const d of seen) data[at++] = weights[d * classes + c] as number;
  }
  return { data, rows: members.length * classes, cols: seen.length };
}

function columnsOf({ data, rows, cols }: Matrix, wanted: Int32Array): Matrix {
  const out = new Float32Array(rows * wanted.length);
  let at = 0;
  for (let i = 0; i < rows; i++) for (const d of wanted) out[at++] = data[i * cols + d] as number;
  return { data: out, rows, cols: wanted.length };
}
