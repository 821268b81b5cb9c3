import type { ClassId } from './ids.ts';

/**
 * A trained head over standardised embeddings: linear (multinomial logistic regression, or one per class) or with a hidden
 * layer. logits = ((x - mean) * scale) . weights + bias; probabilities = softmax(logits) unless there are thresholds.
 */
export interface Head {
  readonly version: number;
  readonly encoder: string;
  readonly classes: readonly ClassId[];
  readonly dim: number;
  /** Feature mean, [dim]. */
  readonly mean: Float32Array;
  /** One factor for all features: sqrt(dim / mean squared norm after centring). */
  readonly scale: number;
  /** Row-major [dim, classes]; [units, classes] behind a hidden layer. */
  readonly weights: Float32Array;
  /** [classes]. */
  readonly bias: Float32Array;
  /** Ridge penalty on the weights (mean-loss scale): loss = mean NLL + lambda/2 * ||W||^2. */
  readonly lambda: number;
  /**
   * Only where an item can have several classes: then there is one logistic regression per class, probabilities =
   * sigmoid(logits), and an item has a class from this probability on. [classes]
   */
  readonly thresholds?: Float32Array | undefined;
  /** Only in a head with a hidden layer: `weights` and `bias` then read its units instead of the embedding. */
  readonly hidden?: HiddenLayer | undefined;
}

/** Rectified linear units on the standardised embedding: max(0, ((x - mean) * scale) . weights + bias). */
export interface HiddenLayer {
  /** Row-major [dim, units]. */
  readonly weights: Float32Array;
  /** [units]. */
  readonly bias: Float32Array;
}
