import * as tf from '@tensorflow/tfjs';
import type { LinearHead } from '../../domain/committee.ts';
import { foldHead } from '../../domain/head-maths.ts';

/** Class probabilities of some rows `x` [rows, dim] under several heads, [rows, members, classes]. */
export type CommitteeProduct = (x: Float32Array, rows: number) => Promise<Float32Array>;

/**
 * Heads that see all features are one product; where they see a part of them (dropout) each is a product of its part only.
 */
export function committeeProduct(heads: readonly LinearHead[]): CommitteeProduct {
  const dim = heads[0]?.dim ?? 0;
  const classes = heads[0]?.bias.length ?? 0;
  const members = heads.map((head) => {
    const folded = foldHead(head);
    const seen = seenFeatures(folded.weights, dim, classes);
    return { ...folded, seen, part: rowsOf(folded.weights, classes, seen) };
  });
  const width = members.length * classes;
  const isWhole = members.every(({ seen }) => seen.length > dim / 2);
  const all = isWhole ? sideBySide(members, dim, classes) : null;
  return async (x, rows) => {
    const result = tf.tidy(() => {
      if (all) {
        const product = tf.matMul(tf.tensor2d(x, [rows, dim]), tf.tensor2d(all.weights, [dim, width]));
        return tf.softmax(tf.reshape(tf.add(product, tf.tensor1d(all.bias)), [rows, members.length, classes]));
      }
      const logits = members.map(({ seen, part, bias }) => {
        const own = tf.tensor2d(columns(x, rows, dim, seen), [rows, seen.length]);
        return tf.add(tf.matMul(own, tf.tensor2d(part, [seen.length, classes])), tf.tensor1d(bias));
      });
      return tf.softmax(tf.stack(logits, 1));
    });
    const values = (await result.data()) as Float32Array;
    result.dispose();
    return values;
  };
}

interface FoldedMember {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

/** All members' weights beside each other, [dim, members * classes], and their biases. */
function sideBySide(members: readonly FoldedMember[], dim: number, classes: number): FoldedMember {
  const width = members.length * classes;
  const weights = new Float32Array(dim * width);
  const bias = new Float32Array(width);
  members.forEach((member, m) => {
    bias.set(member.bias, m * classes);
    for (let d = 0; d < dim; d++) {
      weights.set(member.weights.subarray(d * classes, (d + 1) * classes), d * width + m * classes);
    }
  });
  return { weights, bias };
}

/** Features with any weight, ascending. @param weights [dim, classes] */
function seenFeatures(weights: Float32Array, dim: number, classes: number): Int32Array {
  const isSeen = (d: number): boolean => weights.subarray(d * classes, (d + 1) * classes).some((w) => w !== 0);
  return Int32Array.from({ length: dim }, (_, d) => d).filter(isSeen);
}

/** Some columns of a row-major matrix [rows, cols]. */
function columns(data: Float32Array, rows: number, cols: number, wanted: Int32Array): Float32Array {
  const out = new Float32Array(rows * wanted.length);
  let at = 0;
  for (let i = 0; i < rows; i++) for (const d of wanted) out[at++] = data[i * cols + d] as number;
  return out;
}

/** Some rows of a row-major matrix with `cols` columns. */
function rowsOf(data: Float32Array, cols: number, wanted: Int32Array): Float32Array {
  const out = new Float32Array(wanted.length * cols);
  wanted.forEach((row, i) => out.set(data.subarray(row * cols, (row + 1) * cols), i * cols));
  return out;
}
