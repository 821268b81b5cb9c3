import { lambdaOf } from '../../../src/domain/regularisation.ts';
import { fitLogistic, fitStandardiser, standardise, type LogisticFit } from '../../../src/domain/logistic.ts';
import { seededRandom } from '../../../src/domain/random.ts';

export interface Embedded {
  /** Row-major [n, dim]. */
  readonly data: Float32Array;
  readonly n: number;
  readonly dim: number;
  /** Class index of each row, [n]. */
  readonly labels: Int32Array;
  readonly classes: number;
}
/** Inverse penalty of every probe: the app's default while it has too few labels to choose. */
const C = 10;

/** Test accuracy of the app's head: fitted on `labelled` rows drawn at random with `seed`, tested on all others. */
export function probeAccuracy(e: Embedded, labelled: number, seed: number): number {
  const order = seededRandom(seed).shuffle(Int32Array.from({ length: e.n }, (_, i) => i));
  const train = gather(e, order.subarray(0, labelled));
  const test = gather(e, order.subarray(labelled));
  const standardiser = fitStandardiser(train.data, train.n, e.dim);
  const z = standardise(train.data, train.n, e.dim, standardiser);
  const fit = fitLogistic(z, train.labels, train.n, e.dim, e.classes, lambdaOf(C, e.dim, train.n));
  const predicted = predict(fit, standardise(test.data, test.n, e.dim, standardiser), test.n, e.dim, e.classes);
  return predicted.reduce((sum, c, i) => sum + (c === test.labels[i] ? 1 : 0), 0) / test.n;
}

function gather(e: Embedded, rows: Int32Array): Embedded {
  const data = new Float32Array(rows.length * e.dim);
  rows.forEach((row, i) => data.set(e.data.subarray(row * e.dim, (row + 1) * e.dim), i * e.dim));
  return { ...e, data, n: rows.length, labels: rows.map((row) => e.labels[row] ?? 0) };
}

/** Most probable class of each standardised row, [n]; ties go to the lower class. */
function predict(fit: LogisticFit, z: Float64Array, n: number, dim: number, classes: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => {
    let best = 0;
    let bestScore = -Infinity;
    for (let c = 0; c < classes; c++) {
      let score = fit.bias[c] ?? 0;
      for (let d = 0; d < dim; d++) score += (z[i * dim + d] ?? 0) * (fit.weights[d * classes + c] ?? 0);
      if (score > bestScore) {
        best = c;
        bestScore = score;
      }
    }
    return best;
  });
}
