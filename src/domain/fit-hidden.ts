import type { Head } from './head.ts';
import { layoutOf, NetworkGradient, type NetworkShape } from './hidden-network.ts';
import type { Random } from './random.ts';
import type { MakeStationary } from './stationary-matrix.ts';

/** Share of the hidden units that each row of a mini-batch does not see in training. */
export const HIDDEN_DROPOUT = 0.5;
/** From this many labels on a hidden layer can pay. */
export const LEAST_HIDDEN_LABELS = 500;

export interface Schedule {
  readonly units: number;
  /** Rows of a mini-batch. */
  readonly batch: number;
  /** Passes over the rows, within the limits on the steps. */
  readonly epochs: number;
  readonly leastSteps: number;
  readonly mostSteps: number;
  /** Highest step size times the root of the dimension: a step of each weight moves a unit by as much as there are inputs. */
  readonly rate: number;
  /** Decoupled weight decay. */
  readonly decay: number;
  readonly dropout: number;
}
export const SCHEDULE: Schedule = {
  units: 128,
  batch: 64,
  epochs: 40,
  leastSteps: 500,
  mostSteps: 1000,
  rate: 0.03,
  decay: 1e-2,
  dropout: HIDDEN_DROPOUT,
};
/** Share of the steps in which the step size rises; then it falls along half a cosine. */
const WARM_UP = 0.1;
/** Decay of Adam's means, and what keeps its quotient finite. */
const [FIRST, SECOND, EPSILON] = [0.9, 0.999, 1e-8];

/** Whether a head with a hidden layer is trained when one is asked for; otherwise a linear one. */
export function enoughForHidden(labels: number, classes: number): boolean {
  return classes >= 2 && labels >= LEAST_HIDDEN_LABELS;
}

/**
 * A head with one hidden layer of rectified linear units. Weights are drawn as He, Zhang, Ren and Sun 2015 (Delving deep
 * into rectifiers) advise; half of the units are left out for each row and step (inverted dropout: Srivastava, Hinton,
 * Krizhevsky, Sutskever and Salakhutdinov 2014); mini-batches; Adam (Kingma and Ba 2015) with decoupled weight decay and a
 * cosine schedule (Loshchilov and Hutter 2019, Decoupled weight decay regularization). The number of steps is fixed, so that
 * no label is held out. Depends on the rows and the random stream alone, bit for bit on every backend.
 * @param z standardised rows, [n, dim] @param y class index of each row, [n] @param sampleWeights by row, all 1 when absent
 */
export function fitHidden(
  z: Float64Array,
  y: Int32Array,
  n: number,
  dim: number,
  classes: number,
  random: Random,
  make: MakeStationary,
  sampleWeights?: Float64Array,
  schedule: Schedule = SCHEDULE,
): Pick<Head, 'weights' | 'bias' | 'lambda' | 'hidden'> {
  const { units, batch, epochs, leastSteps, mostSteps, rate, decay, dropout } = schedule;
  const shape: NetworkShape = { dim, units, classes };
  const { innerBias, outer, outerBias, end } = layoutOf(shape);
  const theta = heNormal(shape, random.fork('weights'));
  const decays = (k: number): boolean => k < innerBias || (k >= outer && k < outerBias);
  const decayOf = Float64Array.from(theta, (_, k) => (decays(k) ? decay : 0));
  const [gradient, first, second] = [new Float64Array(end), new Float64Array(end), new Float64Array(end)];
  const size = Math.min(batch, n);
  const network = new NetworkGradient(shape, size, make);
  const [order, shuffles, drops] = [
    Int32Array.from({ length: n }, (_, i) => i),
    random.fork('rows'),
    random.fork('units'),
  ];
  const steps = Math.min(mostSteps, Math.max(leastSteps, Math.ceil((epochs * n) / size)));
  const mask = new Float64Array(size * units);
  const highest = rate / Math.sqrt(dim);
  let [at, power1, power2] = [n, 1, 1];
  for (let step = 0; step < steps; step++) {
    if (at >= n) {
      shuffles.shuffle(order);
      at = 0;
    }
    const rows = order.subarray(at, at + size);
    at += size;
    for (let k = 0; k < rows.length * units; k++) mask[k] = drops.next() < dropout ? 0 : 1 / (1 - dropout);
    network.at(theta, { z, rows, y, sampleWeights, mask }, gradient);
    power1 *= FIRST;
    power2 *= SECOND;
    const pace = highest * Math.min(1, (step + 1) / (WARM_UP * steps)) * 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    for (let k = 0; k < end; k++) {
      const slope = gradient[k] as number;
      const mean = FIRST * (first[k] as number) + (1 - FIRST) * slope;
      const square = SECOND * (second[k] as number) + (1 - SECOND) * slope * slope;
      first[k] = mean;
      second[k] = square;
      const direction = mean / (1 - power1) / (Math.sqrt(square / (1 - power2)) + EPSILON);
      const weight = theta[k] as number;
      theta[k] = weight - pace * (direction + (decayOf[k] as number) * weight);
    }
  }
  network.release();
  return {
    hidden: {
      weights: Float32Array.from(theta.subarray(0, innerBias)),
      bias: Float32Array.from(theta.subarray(innerBias, outer)),
    },
    weights: Float32Array.from(theta.subarray(outer, outerBias)),
    bias: Float32Array.from(theta.subarray(outerBias)),
    lambda: decay,
  };
}

/** Normal weights of variance 2 / inputs, small ones before the softmax; no bias. */
function heNormal(shape: NetworkShape, random: Random): Float64Array {
  const { innerBias, outer, outerBias, end } = layoutOf(shape);
  const theta = new Float64Array(end);
  const inner = Math.sqrt(2 / shape.dim);
  const last = 0.1 * Math.sqrt(2 / shape.units);
  for (let k = 0; k < innerBias; k++) theta[k] = inner * random.normal();
  for (let k = outer; k < outerBias; k++) theta[k] = last * random.normal();
  return theta;
}
