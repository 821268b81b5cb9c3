import type { MakeStationary, StationaryMatrix } from './stationary-matrix.ts';

/** Sizes of a network with one hidden layer. */
export interface NetworkShape {
  readonly dim: number;
  /** Units of the hidden layer. */
  readonly units: number;
  readonly classes: number;
}

/** Where the parts of all parameters lie in one array: weights [dim, units], biases, weights [units, classes], biases. */
export function layoutOf({ dim, units, classes }: NetworkShape) {
  const innerBias = dim * units;
  const outer = innerBias + units;
  const outerBias = outer + units * classes;
  return { innerBias, outer, outerBias, end: outerBias + classes };
}

/** One mini-batch: rows [count, dim], their classes and weights, and the factor on each hidden unit of each row. */
export interface MiniBatch {
  readonly z: Float64Array;
  readonly rows: Int32Array;
  readonly y: Int32Array;
  /** By row of z; all 1 when absent. */
  readonly sampleWeights?: Float64Array | undefined;
  /** Row-major [rows, units]: 0 for a unit that is left out, 1 / (1 - rate) for one that is kept; none is left out when null. */
  readonly mask: Float64Array | null;
}

/**
 * Loss and gradient of a network with one hidden layer of rectified linear units and a softmax (back-propagation: Rumelhart,
 * Hinton and Williams 1986) on stationary products, whose order of summation is fixed: the same bits on every backend. Holds
 * memory for mini-batches of up to `most` rows until `release`.
 */
export class NetworkGradient {
  readonly #shape: NetworkShape;
  readonly #most: number;
  readonly #input: StationaryMatrix;
  readonly #inputT: StationaryMatrix;
  readonly #hidden: StationaryMatrix;
  readonly #hiddenT: StationaryMatrix;
  readonly #residual: StationaryMatrix;
  readonly #h: Float64Array;
  readonly #r: Float64Array;
  readonly #d: Float64Array;

  constructor(shape: NetworkShape, most: number, make: MakeStationary) {
    const { dim, units, classes } = shape;
    this.#shape = shape;
    this.#most = most;
    this.#input = make(most, dim);
    this.#inputT = make(dim, most);
    this.#hidden = make(most, units);
    this.#hiddenT = make(units, most);
    this.#residual = make(most, classes);
    this.#h = new Float64Array(most * units);
    this.#r = new Float64Array(most * classes);
    this.#d = new Float64Array(most * units);
  }

  /** Mean weighted cross-entropy of the batch in nats; writes its gradient. @param theta parameters as `layoutOf` says */
  at(theta: Float64Array, batch: MiniBatch, gradient: Float64Array): number {
    const { units, classes } = this.#shape;
    const { innerBias, outer, outerBias } = layoutOf(this.#shape);
    const [most, h, r, d] = [this.#most, this.#h, this.#r, this.#d];
    const count = batch.rows.length;
    this.#read(batch);
    this.#input.times(theta.subarray(0, innerBias), units, h);
    for (let i = 0; i < count; i++) {
      for (let u = 0; u < units; u++) {
        const value = (h[i * units + u] as number) + (theta[innerBias + u] as number);
        h[i * units + u] = value > 0 ? value * (batch.mask?.[i * units + u] ?? 1) : 0;
      }
    }
    h.fill(0, count * units);
    this.#hidden.data.set(h);
    for (let i = 0; i < most; i++)
      for (let u = 0; u < units; u++) this.#hiddenT.data[u * most + i] = h[i * units + u] as number;
    this.#hidden.times(theta.subarray(outer, outerBias), classes, r);
    const loss = this.#toResidual(theta, batch);
    this.#hiddenT.times(r, classes, gradient.subarray(outer, outerBias));
    columnSums(r, count, classes, gradient.subarray(outerBias));
    this.#residual.data.set(r);
    this.#residual.dots(theta.subarray(outer, outerBias), units, d);
    for (let k = 0; k < d.length; k++) {
      d[k] = (h[k] as number) > 0 ? (d[k] as number) * (batch.mask?.[k] ?? 1) : 0;
    }
    this.#inputT.times(d, units, gradient.subarray(0, innerBias));
    columnSums(d, count, units, gradient.subarray(innerBias, outer));
    return loss;
  }

  release(): void {
    for (const matrix of [this.#input, this.#inputT, this.#hidden, this.#hiddenT, this.#residual]) matrix.release();
  }

  /** Rows that a smaller batch leaves free are zero. */
  #read({ z, rows }: MiniBatch): void {
    const { dim } = this.#shape;
    const most = this.#most;
    const [x, xt] = [this.#input.data, this.#inputT.data];
    x.fill(0, rows.length * dim);
    rows.forEach((row, i) => x.set(z.subarray(row * dim, (row + 1) * dim), i * dim));
    for (let i = 0; i < most; i++) for (let k = 0; k < dim; k++) xt[k * most + i] = x[i * dim + k] as number;
  }

  /** Turns logits into (softmax minus one-hot) times the row's weight, over the number of rows; returns the mean loss. */
  #toResidual(theta: Float64Array, { rows, y, sampleWeights }: MiniBatch): number {
    const { classes } = this.#shape;
    const { outerBias } = layoutOf(this.#shape);
    const r = this.#r;
    const count = rows.length;
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const o = i * classes;
      let max = -Infinity;
      for (let c = 0; c < classes; c++) {
        const value = (r[o + c] as number) + (theta[outerBias + c] as number);
        r[o + c] = value;
        max = Math.max(max, value);
      }
      const target = o + (y[row] as number);
      const own = (r[target] as number) - max;
      let sum = 0;
      for (let c = 0; c < classes; c++) {
        const e = Math.exp((r[o + c] as number) - max);
        r[o + c] = e;
        sum += e;
      }
      const weight = (sampleWeights?.[row] ?? 1) / count;
      for (let c = 0; c < classes; c++) r[o + c] = (weight * (r[o + c] as number)) / sum;
      r[target] = (r[target] as number) - weight;
      loss += weight * (Math.log(sum) - own);
    }
    r.fill(0, count * classes);
    return loss;
  }
}

function columnSums(values: Float64Array, rows: number, width: number, out: Float64Array): void {
  for (let c = 0; c < width; c++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += values[i * width + c] as number;
    out[c] = sum;
  }
}
