import { fitLogistic, type LogisticFit, type LogisticOptions } from './logistic.ts';
import type { Random } from './random.ts';
import { fromSpan, spanFactor } from './span.ts';

/** Inverse penalties that are tried, in scikit-learn's scale for unit-norm features: lambda = dim / (C * n). */
const CANDIDATES = [1, 10, 100];
/** Used while there are too few labels to choose. C = 1, the usual default, wrecks label efficiency on unit-norm features. */
export const DEFAULT_C = 10;
const MOST_ROWS = 128;
const FOLDS = 3;
const FOLD_ITERATIONS = 15;
/** A fold's loss is only compared. */
const FOLD_TOLERANCE = 3e-3;
const MIN_LABELS_PER_CLASS = 3;

/** lambda of `fitLogistic` for an inverse penalty C. */
export function lambdaOf(c: number, dim: number, n: number): number {
  return dim / (c * n);
}

export interface ChoiceOptions extends Pick<LogisticOptions, 'products' | 'sampleWeights'> {
  /** Inverse penalties to try. */
  readonly candidates?: readonly number[];
}

export interface Choice {
  /** Inverse penalty. */
  readonly c: number;
  /** Mean log loss per held-out label. */
  readonly loss: number;
  /** Mean of the folds' solutions at that penalty: a good start for the fit to all rows. */
  readonly start: { readonly weights: Float64Array; readonly bias: Float64Array };
}

/**
 * Chooses the inverse penalty by stratified cross-validated log loss on at most 128 labels. The choice depends on the
 * labels and the seed alone, so it is the same after a reload. Rows are expressed in the basis of their own span
 * (Cholesky factor of the Gram matrix), which leaves the ridge problem unchanged and makes it small. Null with too few
 * labels to tell: then `DEFAULT_C` is used.
 * @param z standardised rows, [n, dim]
 */
export function crossValidateC(
  z: Float64Array,
  y: Int32Array,
  n: number,
  dim: number,
  classes: number,
  random: Random,
  { candidates = CANDIDATES, products, sampleWeights }: ChoiceOptions = {},
): Choice | null {
  if (classes < 2 || n < classes * MIN_LABELS_PER_CLASS || n < 12) return null;
  const order = stratified(y, n, random).slice(0, MOST_ROWS);
  const m = order.length;
  const options = {
    maxIterations: FOLD_ITERATIONS,
    tolerance: FOLD_TOLERANCE,
    ...(products ? { products } : {}),
  };
  const width = Math.min(m, dim);
  const rows = gather(z, order, dim);
  const x = m <= dim ? spanFactor(rows, m, dim) : rows;
  const target = Int32Array.from(order, (row) => y[row] as number);
  const rowWeights = sampleWeights && Float64Array.from(order, (row) => sampleWeights[row] as number);
  // From the weakest penalty to the strongest; each fold's fit starts the next. The loss has one valley: past it we stop.
  let best: { c: number; loss: number; fits: readonly LogisticFit[] } | null = null;
  let fits: LogisticFit[] = [];
  for (const c of [...candidates].sort((a, b) => b - a)) {
    const results = Array.from({ length: FOLDS }, (_, fold) =>
      foldLoss(x, target, m, width, classes, lambdaOf(c, dim, m), fold, {
        ...options,
        ...(rowWeights ? { sampleWeights: rowWeights } : {}),
        ...(fits[fold] ? { start: fits[fold] } : {}),
      }),
    );
    fits = results.map((r) => r.fit);
    const loss = results.reduce((sum, r) => sum + r.loss, 0);
    if (best && loss >= best.loss) break;
    best = { c, loss, fits };
  }
  if (!best) return null;
  const mean = (of: (fit: LogisticFit) => Float64Array): Float64Array => {
    const sum = new Float64Array(of(best.fits[0] as LogisticFit).length);
    for (const fit of best.fits) of(fit).forEach((value, i) => (sum[i] = (sum[i] as number) + value / FOLDS));
    return sum;
  };
  const weights = mean((f) => f.weights);
  const start = {
    weights: m <= dim ? fromSpan(x, weights, rows, m, dim, classes) : weights,
    bias: mean((f) => f.bias),
  };
  return { c: best.c, loss: best.loss / m, start };
}

/** Rows shuffled, then dealt class by class in turn, so that every fold and every prefix sees each class. */
function stratified(y: Int32Array, n: number, random: Random): number[] {
  const byClass = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const c = y[i] as number;
    const list = byClass.get(c);
    if (list) list.push(i);
    else byClass.set(c, [i]);
  }
  const lists = [...byClass.entries()].sort((a, b) => a[0] - b[0]).map(([, list]) => random.shuffle(list));
  // Proportional dealing: each row's position is its share of the way through its class.
  return lists
    .flatMap((list) => list.map((row, i) => ({ row, at: (i + 0.5) / list.length })))
    .sort((a, b) => a.at - b.at || a.row - b.row)
    .map((e) => e.row);
}

function foldLoss(
  x: Float64Array,
  y: Int32Array,
  m: number,
  width: number,
  classes: number,
  lambda: number,
  fold: number,
  options: LogisticOptions,
): { loss: number; fit: LogisticFit } {
  const train: number[] = [];
  const test: number[] = [];
  for (let i = 0; i < m; i++) (i % FOLDS === fold ? test : train).push(i);
  const z = gather(x, train, width);
  const labels = Int32Array.from(train, (i) => y[i] as number);
  const { sampleWeights, ...others } = options;
  const own = sampleWeights && Float64Array.from(train, (i) => sampleWeights[i] as number);
  const fit = fitLogistic(z, labels, train.length, width, classes, lambda, {
    ...others,
    ...(own ? { sampleWeights: own } : {}),
  });
  let loss = 0;
  for (const i of test) {
    const scores = Float64Array.from(fit.bias);
    for (let d = 0; d < width; d++) {
      const value = x[i * width + d] as number;
      for (let c = 0; c < classes; c++)
        scores[c] = (scores[c] as number) + value * (fit.weights[d * classes + c] as number);
    }
    const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const total = scores.reduce((a, b) => a + Math.exp(b - max), 0);
    loss += (sampleWeights?.[i] ?? 1) * (Math.log(total) + max - (scores[y[i] as number] as number));
  }
  return { loss, fit };
}

function gather(z: Float64Array, rows: readonly number[], dim: number): Float64Array {
  const out = new Float64Array(rows.length * dim);
  rows.forEach((row, i) => out.set(z.subarray(row * dim, (row + 1) * dim), i * dim));
  return out;
}
