import * as tf from '@tensorflow/tfjs';
import type { LogisticFit } from '../../domain/logistic.ts';

const STEPS = 150;

/**
 * The same head for training sets that are too large for one core: full-batch gradient descent with
 * Nesterov momentum and restarts (O'Donoghue and Candes 2015) on the tfjs backend, in float32.
 * @param z standardised rows, [n, dim]
 */
export async function fitLarge(
  z: Float64Array,
  y: Int32Array,
  n: number,
  dim: number,
  classes: number,
  lambda: number,
  steps = STEPS,
): Promise<LogisticFit> {
  const x = tf.tensor2d(new Float32Array(z), [n, dim]);
  const target = tf.oneHot(tf.tensor1d(y, 'int32'), classes).toFloat() as tf.Tensor2D;
  // Softmax loss is 1/2-smooth in the logits; the mean squared norm of a standardised row is dim (+1 for the bias).
  const rate = 1 / (0.5 * (dim + 1) + lambda);
  let w = tf.zeros([dim, classes]) as tf.Tensor2D;
  let b = tf.zeros([classes]) as tf.Tensor1D;
  let vw = w.clone();
  let vb = b.clone();
  let loss = Infinity;
  let momentum = 0;
  for (let step = 0; step < steps; step++) {
    const next = tf.tidy(() => {
      const logits = tf.add(tf.matMul(x, vw), vb);
      const value = tf.add(
        tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), target), 1))),
        tf.mul(tf.sum(tf.square(vw)), lambda / 2),
      );
      const residual = tf.div(tf.sub(tf.softmax(logits), target), n);
      const gw = tf.add(tf.matMul(x, residual as tf.Tensor2D, true, false), tf.mul(vw, lambda));
      const nw = tf.sub(vw, tf.mul(gw, rate)) as tf.Tensor2D;
      const nb = tf.sub(vb, tf.mul(tf.sum(residual, 0), rate)) as tf.Tensor1D;
      return { value, nw, nb };
    });
    const value = (await next.value.data())[0] as number;
    momentum = value > loss ? 0 : momentum + 1;
    loss = value;
    const beta = momentum / (momentum + 3);
    const [ow, ob, ovw, ovb] = [w, b, vw, vb];
    vw = tf.tidy(() => tf.add(next.nw, tf.mul(tf.sub(next.nw, ow), beta)) as tf.Tensor2D);
    vb = tf.tidy(() => tf.add(next.nb, tf.mul(tf.sub(next.nb, ob), beta)) as tf.Tensor1D);
    w = next.nw;
    b = next.nb;
    tf.dispose([ow, ob, ovw, ovb, next.value]);
  }
  const fit = {
    weights: Float64Array.from(await w.data()),
    bias: Float64Array.from(await b.data()),
    loss,
    iterations: steps,
  };
  tf.dispose([x, target, w, b, vw, vb]);
  return fit;
}
