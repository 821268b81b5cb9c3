import type { Head } from './head.ts';
import { sigmoid } from './head-maths.ts';
import { plainProducts, type MakeProducts } from './logistic-kernels.ts';
import { fitStandardiser, standardise } from './logistic.ts';
import { PRESENT, UNKNOWN } from './membership.ts';
import { seededRandom, type Random } from './random.ts';
import { DEFAULT_C, lambdaOf } from './regularisation.ts';
import { fitSigmoids, softplus } from './sigmoid-head.ts';
import { spanFactor } from './span.ts';
import { bestThreshold, DEFAULT_THRESHOLD } from './thresholds.ts';

/** Inverse penalties that are tried, the weakest first (see `regularisation.ts`). */
const CANDIDATES = [100, 10, 1];
export const LEAST_ROWS = 12;
/** Rows, folds and steps of the choice of the penalty, and of the held-out probabilities for the thresholds. */
const PENALTY = { rows: 128, folds: 3, iterations: 15 };
export const HELD_OUT = { rows: 600, folds: 5, iterations: 40 };

/**
 * A head for items that can have several classes: one logistic regression per class, one penalty for all, chosen by
 * cross-validated log loss, and a threshold per class, chosen on held-out probabilities. Depends on the rows and the seed
 * alone.
 * @param x row-major [n, dim] @param targets `memberships`, row-major [n, classes] @param c inverse penalty, or null
 */
export function fitSets(
  x: Float32Array,
  targets: Uint8Array,
  n: number,
  dim: number,
  classes: number,
  seed: number,
  c: number | null = null,
  products: MakeProducts = plainProducts,
): Pick<Head, 'dim' | 'mean' | 'scale' | 'weights' | 'bias' | 'lambda' | 'thresholds'> {
  const standardiser = fitStandardiser(x, n, dim);
  const z = standardise(x, n, dim, standardiser);
  const order = dealt(targets, n, classes, seededRandom(seed).fork('folds'));
  const lambda = lambdaOf(c ?? choosePenalty(z, targets, order, dim, classes, products)?.c ?? DEFAULT_C, dim, n);
  const { weights, bias } = fitSigmoids(z, targets, n, dim, classes, lambda, { products });
  return {
    dim,
    mean: standardiser.mean,
    scale: standardiser.scale,
    weights: Float32Array.from(weights),
    bias: Float32Array.from(bias),
    lambda,
    thresholds: Float32Array.from(chooseThresholds(z, targets, order, dim, classes, lambda, products)),
  };
}

function choosePenalty(
  z: Float64Array,
  targets: Uint8Array,
  order: readonly number[],
  dim: number,
  classes: number,
  products: MakeProducts,
  candidates = CANDIDATES,
): { c: number; loss: number } | null {
  if (order.length < LEAST_ROWS) return null;
  const part = take(z, targets, order.slice(0, PENALTY.rows), dim, classes);
  let best = { c: DEFAULT_C, loss: Infinity };
  // The loss has one valley: past it we stop.
  for (const c of candidates) {
    const logits = heldOut(part, classes, lambdaOf(c, dim, part.rows), PENALTY, products);
    let loss = 0;
    part.targets.forEach((target, k) => {
      const logit = logits[k] as number;
      if (target !== UNKNOWN) loss += softplus(target === PRESENT ? -logit : logit);
    });
    if (loss >= best.loss) break;
    best = { c, loss };
  }
  return best;
}

/**
 * Cross-validated log loss, summed over the decisions that are known, of one logistic regression per class at the best of
 * some inverse penalties; null with too few rows to tell.
 * @param x row-major [n, dim] @param candidates the weakest penalty first
 */
export function heldOutLoss(
  x: Float32Array,
  targets: Uint8Array,
  n: number,
  dim: number,
  classes: number,
  seed: number,
  products: MakeProducts,
  candidates: number[] = CANDIDATES,
): number | null {
  const z = standardise(x, n, dim, fitStandardiser(x, n, dim));
  const order = dealt(targets, n, classes, seededRandom(seed).fork('folds'));
  return choosePenalty(z, targets, order, dim, classes, products, candidates)?.loss ?? null;
}

function chooseThresholds(
  z: Float64Array,
  targets: Uint8Array,
  order: readonly number[],
  dim: number,
  classes: number,
  lambda: number,
  products: MakeProducts,
): number[] {
  if (order.length < LEAST_ROWS) return new Array<number>(classes).fill(DEFAULT_THRESHOLD);
  const part = take(z, targets, order.slice(0, HELD_OUT.rows), dim, classes);
  return thresholdsFor(heldOut(part, classes, lambda, HELD_OUT, products), part.targets, part.rows, classes);
}

/** The best threshold of each class. @param logits of held-out rows, [rows, classes] @param targets `memberships` of the same */
export function thresholdsFor(logits: Float64Array, targets: Uint8Array, rows: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, c) => {
    const known = Array.from({ length: rows }, (_, i) => i * classes + c).filter((k) => targets[k] !== UNKNOWN);
    return bestThreshold(
      known.map((k) => sigmoid(logits[k] as number)),
      known.map((k) => targets[k] === PRESENT),
    );
  });
}

interface Part {
  /** Row-major [rows, width], in the rows' own span where that is smaller. */
  readonly x: Float64Array;
  readonly targets: Uint8Array;
  readonly rows: number;
  readonly width: number;
}

function take(z: Float64Array, targets: Uint8Array, order: readonly number[], dim: number, classes: number): Part {
  const rows = order.length;
  const own = new Float64Array(rows * dim);
  const asked = new Uint8Array(rows * classes);
  order.forEach((row, i) => {
    own.set(z.subarray(row * dim, (row + 1) * dim), i * dim);
    asked.set(targets.subarray(row * classes, (row + 1) * classes), i * classes);
  });
  const isWide = rows <= dim;
  return { x: isWide ? spanFactor(own, rows, dim) : own, targets: asked, rows, width: isWide ? rows : dim };
}

/** Logits [rows, classes] of each row under a head that was fitted to the other folds. */
function heldOut(
  { x, targets, rows, width }: Part,
  classes: number,
  lambda: number,
  { folds, iterations }: { readonly folds: number; readonly iterations: number },
  products: MakeProducts,
): Float64Array {
  const out = new Float64Array(rows * classes);
  for (let fold = 0; fold < folds; fold++) {
    const train = Array.from({ length: rows }, (_, i) => i).filter((i) => i % folds !== fold);
    const part = { x: new Float64Array(train.length * width), targets: new Uint8Array(train.length * classes) };
    train.forEach((row, i) => {
      part.x.set(x.subarray(row * width, (row + 1) * width), i * width);
      part.targets.set(targets.subarray(row * classes, (row + 1) * classes), i * classes);
    });
    const { weights, bias } = fitSigmoids(part.x, part.targets, train.length, width, classes, lambda, {
      maxIterations: iterations,
      products,
    });
    for (let i = fold; i < rows; i += folds) {
      for (let c = 0; c < classes; c++) {
        let sum = bias[c] as number;
        for (let d = 0; d < width; d++) sum += (x[i * width + d] as number) * (weights[d * classes + c] as number);
        out[i * classes + c] = sum;
      }
    }
  }
  return out;
}

/**
 * Rows shuffled, then dealt by the rarest class that they have, so that folds and prefixes share out even rare classes
 * (after Sechidis, Tsoumakas and Vlahavas 2011, On the stratification of multi-label data).
 */
export function dealt(targets: Uint8Array, n: number, classes: number, random: Random): number[] {
  const counts = new Int32Array(classes);
  targets.forEach((target, k) => {
    if (target === PRESENT) counts[k % classes] = (counts[k % classes] as number) + 1;
  });
  const groups = new Map<number, number[]>();
  for (const row of random.shuffle(Int32Array.from({ length: n }, (_, i) => i))) {
    let rarest = -1;
    for (let c = 0; c < classes; c++) {
      if (targets[row * classes + c] !== PRESENT) continue;
      if (rarest < 0 || (counts[c] as number) < (counts[rarest] as number)) rarest = c;
    }
    const group = groups.get(rarest);
    if (group) group.push(row);
    else groups.set(rarest, [row]);
  }
  return [...groups.values()]
    .flatMap((list) => list.map((row, i) => ({ row, at: (i + 0.5) / list.length })))
    .sort((a, b) => a.at - b.at || a.row - b.row)
    .map((e) => e.row);
}
