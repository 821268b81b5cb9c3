import { seededRandom } from '../../src/domain/random.ts';
import type { Compute, Matrix, PoolView } from '../../src/strategies/strategy.ts';
import { PlainCompute } from './plain-compute.ts';

export interface PoolShape {
  readonly rows: number;
  readonly classes: number;
  readonly seed: number;
  readonly dim?: number;
  /** Gaussian groups that the rows are drawn from, row i from group i modulo groups. */
  readonly groups?: number;
  /** Standard deviation inside a group; the groups' centres have 1. */
  readonly spread?: number;
  /** The first so many rows are labelled, the others are candidates. */
  readonly labelled?: number;
  /** Factor on the logits: small for an undecided head. */
  readonly sharpness?: number;
}

/** A pool of unit rows in groups, with a random linear head and committees of heads near it. */
export function poolView(shape: PoolShape): PoolView {
  const { rows, classes, seed, dim = 6, groups = 4, spread = 0.3, labelled = 3, sharpness = 2 } = shape;
  const random = seededRandom(seed);
  const centres = Float64Array.from({ length: groups * dim }, () => random.normal());
  const data = new Float32Array(rows * dim);
  for (let r = 0; r < rows; r++) {
    const x = Array.from({ length: dim }, (_, d) => (centres[(r % groups) * dim + d] ?? 0) + spread * random.normal());
    const norm = Math.hypot(...x);
    x.forEach((value, d) => (data[r * dim + d] = value / norm));
  }
  const weights = Float64Array.from({ length: dim * classes }, () => random.normal());
  const known = Math.min(labelled, rows);
  return withProbabilities(
    {
      embeddings: { data, rows, cols: dim },
      candidates: Int32Array.from({ length: rows - known }, (_, i) => i + known),
      labelledRows: Int32Array.from({ length: known }, (_, i) => i),
      labels: Int32Array.from({ length: known }, (_, i) => i % classes),
      classNames: Array.from({ length: classes }, (_, c) => `class ${c}`),
    },
    softmax(data, weights, dim, classes, sharpness),
    (kind, m) => {
      const own = seededRandom(seed + 1 + m + (kind === 'dropout' ? 500 : 0));
      return softmax(
        data,
        weights.map((w) => w + 0.7 * own.normal()),
        dim,
        classes,
        sharpness,
      );
    },
  );
}

type Facts = Pick<PoolView, 'embeddings' | 'candidates' | 'labelledRows' | 'labels' | 'classNames'>;

/** A view whose head and committee members have the given probabilities, [rows, classes]. */
export function withProbabilities(
  facts: Facts,
  exact: Float64Array,
  member: (kind: 'bootstrap' | 'dropout', m: number) => Float64Array,
): PoolView {
  const rows = facts.embeddings.rows;
  const classes = exact.length / rows;
  const rounded = (p: Float64Array): Matrix => ({ data: Float32Array.from(p), rows, cols: classes });
  return {
    ...facts,
    probabilities: rounded(exact),
    exactProbabilities: (wanted) => rowsOf(exact, wanted, classes),
    committee: (kind, members) => {
      const all = Array.from({ length: members }, (_, m) => member(kind, m));
      return Promise.resolve({
        members,
        classes,
        probabilities: (wanted) =>
          Promise.resolve(
            Float32Array.from(
              Array.from(wanted).flatMap((r) => all.flatMap((p) => [...p.subarray(r * classes, (r + 1) * classes)])),
            ),
          ),
        exactProbabilities: (wanted) => all.map((p) => rowsOf(p, wanted, classes)),
      });
    },
  };
}

/** The same view on a backend that rounds otherwise: every float32 probability is off by up to `noise`, never negative. */
export function roundedView(view: PoolView, noise: number, seed: number): PoolView {
  const random = seededRandom(seed);
  const offOne = (p: number): number => Math.max(0, p + (2 * random.next() - 1) * noise);
  const off = (m: Matrix): Matrix => ({ ...m, data: m.data.map(offOne) });
  const { committee, probabilities } = view;
  return {
    ...view,
    probabilities: probabilities && off(probabilities),
    committee:
      committee &&
      (async (kind, members) => {
        const formed = await committee(kind, members);
        return { ...formed, probabilities: async (rows) => (await formed.probabilities(rows)).map(offOne) };
      }),
  };
}

/** `PlainCompute` with every product and squared distance off by up to `noise`. */
export class RoundedCompute implements Compute {
  readonly #plain = new PlainCompute();
  readonly matrix = this.#plain.matrix;
  readonly #random;
  readonly #noise: number;

  constructor(noise: number, seed: number) {
    this.#noise = noise;
    this.#random = seededRandom(seed);
  }
  async dotProducts(a: Matrix, b: Matrix): Promise<Float32Array> {
    return (await this.#plain.dotProducts(a, b)).map((v) => v + this.#off());
  }
  async nearest(a: Matrix, b: Matrix): Promise<{ index: Int32Array; squared: Float32Array }> {
    const { index, squared } = await this.#plain.nearest(a, b);
    return { index, squared: squared.map((v) => Math.max(0, v + this.#off())) };
  }
  #off(): number {
    return (2 * this.#random.next() - 1) * this.#noise;
  }
}

export function rowsOf(values: Float64Array, wanted: Int32Array, classes: number): Float64Array {
  return Float64Array.from(Array.from(wanted).flatMap((r) => [...values.subarray(r * classes, (r + 1) * classes)]));
}

function softmax(
  x: Float32Array,
  weights: Float64Array,
  dim: number,
  classes: number,
  sharpness: number,
): Float64Array {
  const rows = x.length / dim;
  const out = new Float64Array(rows * classes);
  for (let r = 0; r < rows; r++) {
    const grown = Array.from({ length: classes }, (_, c) => {
      let z = 0;
      for (let d = 0; d < dim; d++) z += (x[r * dim + d] ?? 0) * (weights[d * classes + c] ?? 0);
      return Math.exp(sharpness * z);
    });
    const sum = grown.reduce((a, b) => a + b, 0);
    grown.forEach((value, c) => (out[r * classes + c] = value / sum));
  }
  return out;
}
