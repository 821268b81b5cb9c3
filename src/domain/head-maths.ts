import type { Head, HiddenLayer } from './head.ts';

type Layers = Pick<Head, 'dim' | 'mean' | 'scale' | 'weights' | 'bias' | 'thresholds' | 'hidden'>;

/**
 * Class probabilities of some rows in float64: the same numbers on every machine and backend.
 * @param x row-major [*, dim] embeddings @param rows which of its rows @returns row-major [rows, classes]
 */
export function headProbabilities(head: Layers, x: Float32Array, rows: Int32Array): Float64Array {
  if (head.hidden) {
    const all = Int32Array.from(rows, (_, i) => i);
    return headProbabilities(outerHead(head), hiddenUnits(head, x, rows), all);
  }
  const out = affine(head, x, rows);
  const classes = head.bias.length;
  if (head.thresholds) for (let k = 0; k < out.length; k++) out[k] = sigmoid(out[k] as number);
  else for (let i = 0; i < rows.length; i++) softmaxInPlace(out, i * classes, classes);
  return out;
}

/** What the hidden layer gives for some rows, [rows, units]: computed in float64, rounded to float32. */
export function hiddenUnits(head: Layers, x: Float32Array, rows: Int32Array): Float32Array {
  const layer = head.hidden;
  if (!layer) throw new RangeError('This head has no hidden layer.');
  return Float32Array.from(affine({ ...head, ...layer }, x, rows), (value) => Math.max(0, value));
}

/** What a head is behind its hidden layer: a linear head that reads the units. Without such a layer it is itself. */
export function outerHead<T extends Layers>(head: T): T {
  if (!head.hidden) return head;
  const dim = head.hidden.bias.length;
  return { ...head, dim, mean: new Float32Array(dim), scale: 1, hidden: undefined };
}

/** ((x - mean) * scale) . weights + bias, row-major [rows, width]. */
function affine(
  { dim, mean, scale, weights, bias }: Omit<Layers, 'thresholds' | 'hidden'>,
  x: Float32Array,
  rows: Int32Array,
): Float64Array {
  const width = bias.length;
  const fours = dim & ~3;
  const out = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * dim;
    const o = i * width;
    for (let c = 0; c < width; c++) out[o + c] = bias[c] as number;
    const z = (d: number): number => ((x[from + d] as number) - (mean[d] as number)) * scale;
    // Four features share a pass; the order of summation is the same for every row, so that equal rows stay equal.
    for (let d = 0; d < fours; d += 4) {
      const [z0, z1, z2, z3] = [z(d), z(d + 1), z(d + 2), z(d + 3)];
      const [w0, w1, w2, w3] = [d * width, (d + 1) * width, (d + 2) * width, (d + 3) * width];
      for (let c = 0; c < width; c++) {
        const even = z0 * (weights[w0 + c] as number) + z1 * (weights[w1 + c] as number);
        const odd = z2 * (weights[w2 + c] as number) + z3 * (weights[w3 + c] as number);
        out[o + c] = (out[o + c] as number) + (even + odd);
      }
    }
    for (let d = fours; d < dim; d++) {
      const w = d * width;
      for (let c = 0; c < width; c++) out[o + c] = (out[o + c] as number) + z(d) * (weights[w + c] as number);
    }
  }
  return out;
}

/** Layers that read raw embeddings, the standardisation folded in. */
export interface FoldedHead {
  /** [dim or units, classes] */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** Comes first, with rectified linear units, where there is one. */
  readonly hidden?: HiddenLayer | undefined;
}

/** The head as affine maps of raw embeddings: logits = x W + b or, behind a hidden layer, max(0, x W1 + b1) W + b. */
export function foldHead(head: Layers): FoldedHead {
  const { hidden, weights, bias } = head;
  return hidden ? { weights, bias, hidden: fold({ ...head, ...hidden }) } : fold(head);
}

function fold({ dim, mean, scale, weights, bias }: Omit<Layers, 'thresholds' | 'hidden'>): HiddenLayer {
  const width = bias.length;
  const folded = new Float32Array(dim * width);
  const shifted = Float64Array.from(bias);
  for (let d = 0; d < dim; d++) {
    for (let c = 0; c < width; c++) {
      const w = (weights[d * width + c] as number) * scale;
      folded[d * width + c] = w;
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
