import type { Head } from './head.ts';
import { fitLogistic, type LogisticOptions } from './logistic.ts';
import type { Random } from './random.ts';
import { fitSigmoids } from './sigmoid-head.ts';

export type LinearHead = Pick<Head, 'dim' | 'mean' | 'scale' | 'weights' | 'bias' | 'lambda' | 'thresholds'>;

/** A few steps from the head's own weights: members need to disagree, not to converge. */
const BOOTSTRAP_ITERATIONS = 8;
/** Share of the input features that a dropout member does not see. */
const DROPOUT = 0.75;

/** What is known of the training rows: the class of each, [n], or `memberships` where classes are independent, [n, classes]. */
export type Known = { readonly y: Int32Array } | { readonly targets: Uint8Array };

/**
 * Heads refitted on Bayesian-bootstrap weights w ~ Exp(1) of the training rows (Rubin 1981, The Bayesian bootstrap),
 * started from the given head. Independent classes share a row's weight: it is the item that is drawn.
 * @param z standardised training rows, [n, dim]
 */
export function bootstrapHeads(
  head: LinearHead,
  z: Float64Array,
  known: Known,
  members: number,
  random: Random,
  products: Pick<LogisticOptions, 'products'> = {},
): LinearHead[] {
  const { dim, lambda } = head;
  const classes = head.bias.length;
  const n = z.length / dim;
  const start = { weights: Float64Array.from(head.weights), bias: Float64Array.from(head.bias) };
  return Array.from({ length: members }, (_, m) => {
    const stream = random.fork(`member ${m}`);
    const raw = Float64Array.from({ length: n }, () => -Math.log(1 - stream.next()));
    const mean = raw.reduce((a, b) => a + b, 0) / Math.max(1, n);
    const sampleWeights = raw.map((w) => w / (mean || 1));
    const options = { start, sampleWeights, maxIterations: BOOTSTRAP_ITERATIONS, ...products };
    const fit =
      'y' in known
        ? fitLogistic(z, known.y, n, dim, classes, lambda, options)
        : fitSigmoids(z, known.targets, n, dim, classes, lambda, options);
    return { ...head, weights: Float32Array.from(fit.weights), bias: Float32Array.from(fit.bias) };
  });
}

/**
 * The head with most of its standardised input features dropped and the rest scaled by 1 / (1 - rate), one mask per
 * member for all rows (Gupte, Aklilu, Nirschl and Yeung-Levy 2024, Revisiting active learning in the era of vision
 * foundation models; there with one mask per row).
 */
export function dropoutHeads(head: LinearHead, members: number, random: Random, rate = DROPOUT): LinearHead[] {
  const classes = head.bias.length;
  return Array.from({ length: members }, (_, m) => {
    const stream = random.fork(`member ${m}`);
    const weights = new Float32Array(head.weights.length);
    for (let d = 0; d < head.dim; d++) {
      if (stream.next() < rate) continue;
      for (let c = 0; c < classes; c++) {
        weights[d * classes + c] = (head.weights[d * classes + c] as number) / (1 - rate);
      }
    }
    return { ...head, weights };
  });
}
