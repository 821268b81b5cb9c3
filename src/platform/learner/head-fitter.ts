import { WinnowError } from '../../domain/errors.ts';
import { balancedWeights } from '../../domain/class-weights.ts';
import { enoughForHidden, fitHidden } from '../../domain/fit-hidden.ts';
import { fitSets, heldOutLoss } from '../../domain/fit-sets.ts';
import type { MakeProducts } from '../../domain/logistic-kernels.ts';
import { fitLogistic, fitStandardiser, standardise } from '../../domain/logistic.ts';
import { seededRandom } from '../../domain/random.ts';
import { crossValidateC, DEFAULT_C, lambdaOf, type ChoiceOptions } from '../../domain/regularisation.ts';
import { fitSemiSupervised, TEACHER_C, type SampleViews } from '../../domain/semi-supervised.ts';
import { fitSemiSupervisedSets } from '../../domain/semi-supervised-sets.ts';
import { fitInSpan } from '../../domain/span.ts';
import type { MakeStationary } from '../../domain/stationary-matrix.ts';
import type { FittedHead, TrainRequest } from '../../loop/learner-ports.ts';
import { gatherRows } from '../../strategies/distances.ts';
import type { Compute } from '../../strategies/strategy.ts';
import type { Engine, Pool } from './engine.ts';
import { NeighbourhoodViews } from './neighbourhood-views.ts';

type Fit = Omit<FittedHead, 'fitMs'>;

/** Multiply-adds per product up to which the processor is used: identical heads on every backend. */
const SMALL_FIT = 2e8;
/** With this many times fewer rows than dimensions the fit is done in the rows' own span: the same solution, sooner. */
const SPAN_PAYS = 1.5;
/** From this many labels per class on, unlabelled rows no longer help. */
const ENOUGH_LABELS_PER_CLASS = 25;
/** A pool smaller than this has no neighbourhoods to speak of. */
const LEAST_POOL = 50;
/** The plain features are taken when their cross-validated log loss is lower by this share of the smoothed one. */
const CLEARLY_BETTER = 0.1;

/** Fits heads on a pool. Which kind is chosen depends on the labels, the pool's rows and the seed alone. */
export class HeadFitter {
  readonly #products: MakeProducts;
  readonly #matrices: MakeStationary;
  #views: { key: string; views: NeighbourhoodViews } | null = null;

  constructor(products: MakeProducts, matrices: MakeStationary) {
    this.#products = products;
    this.#matrices = matrices;
  }

  /** To be called when the pool changes. */
  forget(): void {
    this.#views = null;
  }

  async fit(pool: Pool, request: TrainRequest, engine: Engine): Promise<FittedHead> {
    const { rows, classCount, c } = request;
    if (rows.length === 0 || classCount < 1) throw new WinnowError('learner-failed', 'There are no labels to train on');
    if (request.model === 'hidden' && (c ?? null) === null && enoughForHidden(rows.length, classCount)) {
      return { ...deep(pool, request, this.#matrices), fitMs: 0 };
    }
    const isScarce = rows.length < classCount * ENOUGH_LABELS_PER_CLASS;
    const helpers = request.pool && request.pool.length >= LEAST_POOL ? request.pool : null;
    const canHelp = (c ?? null) === null && isScarce && helpers;
    const { targets, seed } = request;
    if (targets) {
      const semi = canHelp ? await this.#semiSets(pool, request, targets, helpers, engine.compute) : null;
      const x = gatherRows(pool, rows).data;
      return {
        ...(semi ?? fitSets(x, targets, rows.length, pool.cols, classCount, seed, c, this.#products)),
        fitMs: 0,
      };
    }
    const semi = canHelp && classCount >= 2 ? await this.#semi(pool, request, helpers, engine.compute) : null;
    return { ...(semi ?? (await plain(pool, request, this.#products, engine))), fitMs: 0 };
  }

  /** Null when the labels contradict the neighbourhoods. */
  async #semi(
    pool: Pool,
    { rows, labels, classCount, seed, isBalanced }: TrainRequest,
    helpers: Int32Array,
    compute: Compute,
  ): Promise<Fit | null> {
    const views = this.#viewsOf(pool, seed, helpers, compute);
    const labelled = await views.of(rows);
    const options = { products: this.#products };
    if (!isHelpful(gatherRows(pool, rows).data, labelled, labels, pool.cols, classCount, seed, options)) return null;
    const { views: unlabelled, mean } = await views.unlabelled();
    const { weights, bias, lambda } = fitSemiSupervised(labelled, labels, classCount, unlabelled, mean, views.basis, {
      ...options,
      ...(isBalanced && { sampleWeights: balancedWeights(labels) }),
    });
    const { dim, mean: centre, scale } = views.basis;
    return { dim, mean: centre, scale, weights: Float32Array.from(weights), bias: Float32Array.from(bias), lambda };
  }

  /** The same where an item can have several classes. */
  async #semiSets(
    pool: Pool,
    { rows, classCount, seed }: TrainRequest,
    targets: Uint8Array,
    helpers: Int32Array,
    compute: Compute,
  ): Promise<Fit | null> {
    const views = this.#viewsOf(pool, seed, helpers, compute);
    const labelled = await views.of(rows);
    const loss = (x: Float32Array, candidates?: number[]): number | null =>
      heldOutLoss(x, targets, rows.length, pool.cols, classCount, seed, this.#products, candidates);
    const own = loss(gatherRows(pool, rows).data);
    const smoothed = loss(labelled.smoothed, [TEACHER_C, TEACHER_C / 10]);
    if (own !== null && smoothed !== null && smoothed > own * (1 + CLEARLY_BETTER)) return null;
    const { views: unlabelled, mean } = await views.unlabelled();
    const { basis } = views;
    const fit = fitSemiSupervisedSets(labelled, targets, classCount, unlabelled, mean, basis, seed, this.#products);
    return { dim: basis.dim, mean: basis.mean, scale: basis.scale, ...fit };
  }

  #viewsOf(pool: Pool, seed: number, helpers: Int32Array, compute: Compute): NeighbourhoodViews {
    const key = `${seed}:${helpers.join()}`;
    if (this.#views?.key !== key) {
      const views = new NeighbourhoodViews(pool, helpers, seededRandom(seed).fork('pool'), compute);
      this.#views = { key, views };
    }
    return this.#views.views;
  }
}

/** Logistic regression on the labelled rows alone. */
async function plain(
  pool: Pool,
  { rows, labels, classCount, seed, c, isBalanced }: TrainRequest,
  products: MakeProducts,
  { fitLarge }: Engine,
): Promise<Fit> {
  const dim = pool.cols;
  const n = rows.length;
  const x = gatherRows(pool, rows).data;
  const standardiser = fitStandardiser(x, n, dim);
  const z = standardise(x, n, dim, standardiser);
  const options = { products, ...(isBalanced && { sampleWeights: balancedWeights(labels) }) };
  const choice =
    (c ?? null) === null ? crossValidateC(z, labels, n, dim, classCount, seededRandom(seed), options) : null;
  const lambda = lambdaOf(c ?? choice?.c ?? DEFAULT_C, dim, n);
  const fit =
    n * SPAN_PAYS <= dim
      ? fitInSpan(z, labels, n, dim, classCount, lambda, options)
      : !fitLarge || isBalanced || n * dim * classCount <= SMALL_FIT
        ? fitLogistic(z, labels, n, dim, classCount, lambda, { ...options, ...(choice ? { start: choice.start } : {}) })
        : await fitLarge(z, labels, n, dim, classCount, lambda);
  return {
    dim,
    mean: standardiser.mean,
    scale: standardiser.scale,
    weights: Float32Array.from(fit.weights),
    bias: Float32Array.from(fit.bias),
    lambda,
  };
}

/** A network with one hidden layer on the labelled rows alone. */
function deep(pool: Pool, { rows, labels, classCount, seed, isBalanced }: TrainRequest, matrices: MakeStationary): Fit {
  const dim = pool.cols;
  const n = rows.length;
  const x = gatherRows(pool, rows).data;
  const standardiser = fitStandardiser(x, n, dim);
  const z = standardise(x, n, dim, standardiser);
  const random = seededRandom(seed).fork('hidden layer');
  const weights = isBalanced ? balancedWeights(labels) : undefined;
  return { dim, ...standardiser, ...fitHidden(z, labels, n, dim, classCount, random, matrices, weights) };
}

/** Whether neighbours agree with the labels: cross-validated log loss of smoothed against plain features. */
function isHelpful(
  x: Float32Array,
  labelled: SampleViews,
  y: Int32Array,
  dim: number,
  classes: number,
  seed: number,
  products: ChoiceOptions,
): boolean {
  const n = labelled.count;
  const loss = (of: Float32Array, options: ChoiceOptions): number | null => {
    const z = standardise(of, n, dim, fitStandardiser(of, n, dim));
    return crossValidateC(z, y, n, dim, classes, seededRandom(seed), options)?.loss ?? null;
  };
  const own = loss(x, products);
  const smoothed = loss(labelled.smoothed, { ...products, candidates: [TEACHER_C / 10, TEACHER_C] });
  return own === null || smoothed === null || smoothed <= own * (1 + CLEARLY_BETTER);
}
