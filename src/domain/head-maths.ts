import type { Head } from './head.ts';

type Linear = Pick<Head, 'dim' | 'mean' | 'scale' | 'weights' | 'bias' | 'thresholds'>;

/**
 * Class probabilities of some rows in float64: the same numbers on every machine and backend.
 * @param x row-major [*, dim] embeddings @param rows which of its rows @returns row-major [rows, classes]
 */
export function headProbabilities(head: Linear, x: Float32Array, rows: Int32Array): Float64Array {
  const { dim, mean, scale, weights, bias } = head;
  const classes = bias.length;
  const fours = dim & ~3;
  const out = new Float64Array(rows.length * classes);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * dim;
    const o = i * classes;
    for (let c = 0; c < classes; c++) out[o + c] = bias[c] as number;
    const z = (d: number): number => ((x[from + d] as number) - (mean[d] as number)) * scale;
    // Four features share a pass; the order of summation is the same for every row, so that equal rows stay equal.
    for (let d = 0; d < fours; d += 4) {
      const [z0, z1, z2, z3] = [z(d), z(d + 1), z(d + 2), z(d + 3)];
      const [w0, w1, w2, w3] = [d * classes, (d + 1) * classes, (d + 2) * classes, (d + 3) * classes];
      for (let c = 0; c < classes; c++) {
        const even = z0 * (weights[w0 + c] as number) + z1 * (weights[w1 + c] as number);
        const odd = z2 * (weights[w2 + c] as number) + z3 * (weights[w3 + c] as number);
        out[o + c] = (out[o + c] as number) + (even + odd);
      }
    }
    for (let d = fours; d < dim; d++) {
      const w = d * classes;
      for (let c = 0; c < classes; c++) out[o + c] = (out[o + c] as number) + z(d) * (weights[w + c] as number);
    }
    if (head.thresholds) for (let c = 0; c < classes; c++) out[o + c] = sigmoid(out[o + c] as number);
    else softmaxInPlace(out, o, classes);
  }
  return out;
}

/** The head as one affine map of raw embeddings: logits = x W + b, with the standardisation folded in. */
export function foldHead(head: Linear): { weights: Float32Array; bias: Float32Array } {
  const { dim, mean, scale, weights, bias } = head;
  const classes = bias.length;
  const folded = new Float32Array(dim * classes);
  const shifted = Float64Array.from(bias);
  for (let d = 0; d < dim; d++) {
    for (let c = 0; c < classes; c++) {
      const w = (weights[d * classes + c] as number) * scale;
      folded[d * classes + c] = w;
      shifted[c] = (shifted[c] as number) - w * (mean[d] as number);
    }
  }
  return { weights: folded, bias: Float32Array.from(shifted) };
}

/** 1 / (1 + e^-z), without overflow. */
export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** Whether an item has each class: its probability reaches the threshold. @param row of row-major [rows, classes] */
export function classesAbove(p: ArrayLike<number>, row: number, thresholds: ArrayLike<number>): number[] {
  const found: number[] = [];
  const width = thresholds.length;
  for (let c = 0; c < width; c++) if ((p[row * width + c] as number) >= (thresholds[c] as number)) found.push(c);
  return found;
}

function softmaxInPlace(values: Float64Array, from: number, count: number): void {
  let max = -Infinity;
  for (let c = 0; c < count; c++) max = Math.max(max, values[from + c] as number);
  let sum = 0;
  for (let c = 0; c < count; c++) {
    const e = Math.exp((values[from + c] as number) - max);
    values[from + c] = e;
    sum += e;
  }
  for (let c = 0; c < count; c++) values[from + c] = (values[from + c] as number) / sum;
}
