import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainProducts, stationaryProducts } from '../../src/domain/logistic-kernels.ts';
import { wasmStationary } from '../../src/platform/wasm/wasm-matrix.ts';
import { headProbabilities } from '../../src/domain/head-maths.ts';
import { fitLogistic, fitStandardiser, standardise } from '../../src/domain/logistic.ts';
import { lambdaOf } from '../../src/domain/regularisation.ts';
import { readNpy } from '../bench/support/curves.ts';

const DATA = resolve(process.env['DATA_DIR'] ?? '../shared/data', 'embeddings');
const LABELS = 600;

/**
 * Test accuracy of scikit-learn 1.2.1 on the same 600 evenly spaced training rows, made once with
 *   LogisticRegression(C=c / dim, max_iter=5000, tol=1e-8, multi_class='multinomial').fit((A - A.mean(0)) * s, y)
 * where A are unit rows and s brings their mean squared norm after centring to dim.
 */
const REFERENCE = [
  ['banking77', 1, 0.60877],
  ['banking77', 10, 0.68636],
  ['banking77', 100, 0.67792],
  ['sms_spam', 1, 0.97446],
  ['sms_spam', 10, 0.97162],
  ['sms_spam', 100, 0.96783],
  ['eurosat', 1, 0.882],
  ['eurosat', 10, 0.908],
  ['eurosat', 100, 0.908],
  ['cifar10', 1, 0.639],
  ['cifar10', 10, 0.647],
  ['cifar10', 100, 0.64],
] as const;

function read(name: string): { bytes: Buffer; shape: number[] } {
  return readNpy(readFileSync(join(DATA, `${name}.npy`)));
}
function unitRows(name: string): { x: Float32Array; dim: number } {
  const { bytes, shape } = read(name);
  const x = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const dim = shape[1] ?? 0;
  for (let at = 0; at < x.length; at += dim) {
    let norm = 0;
    for (let d = 0; d < dim; d++) norm += (x[at + d] ?? 0) ** 2;
    for (let d = 0; d < dim; d++) x[at + d] = (x[at + d] ?? 0) / Math.sqrt(norm || 1);
  }
  return { x, dim };
}
function classesOf(name: string): Int32Array {
  const { bytes } = read(name);
  return new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

describe.skipIf(!existsSync(DATA)).each([
  ['float64', plainProducts],
  ['float32', stationaryProducts(wasmStationary)],
] as const)('logistic regression in %s against scikit-learn (needs the shared embeddings)', (_, products) => {
  it.each(REFERENCE)('%s with C = %d is within 0.2 points of %d', (set, c, reference) => {
    const train = unitRows(`${set}_train_x`);
    const test = unitRows(`${set}_test_x`);
    const [y, truth] = [classesOf(`${set}_train_y`), classesOf(`${set}_test_y`)];
    const { dim } = train;
    const classes = y.reduce((a, b) => Math.max(a, b), 0) + 1;
    const rows = Array.from({ length: LABELS }, (_, i) => Math.floor((i * y.length) / LABELS));
    const own = new Float32Array(LABELS * dim);
    rows.forEach((row, i) => own.set(train.x.subarray(row * dim, (row + 1) * dim), i * dim));
    const standardiser = fitStandardiser(own, LABELS, dim);
    const z = standardise(own, LABELS, dim, standardiser);
    const target = Int32Array.from(rows, (row) => y[row] ?? 0);
    const fit = fitLogistic(z, target, LABELS, dim, classes, lambdaOf(c, dim, LABELS), { products });
    const head = { dim, ...standardiser, weights: Float32Array.from(fit.weights), bias: Float32Array.from(fit.bias) };
    const p = headProbabilities(
      head,
      test.x,
      Int32Array.from({ length: truth.length }, (_, i) => i),
    );
    let right = 0;
    truth.forEach((label, i) => {
      let best = 0;
      for (let k = 1; k < classes; k++) if ((p[i * classes + k] ?? 0) > (p[i * classes + best] ?? 0)) best = k;
      if (best === label) right++;
    });
    expect(Math.abs(right / truth.length - reference)).toBeLessThanOrEqual(0.00201);
  });
});
