import { expect, it } from 'vitest';
import { fitLogistic } from '../../src/domain/logistic.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { fitLarge } from '../../src/platform/tfjs/fit-large.ts';
import { startWebGpu } from '../../src/platform/tfjs/webgpu-engine.ts';

/** Few steps: a graphics card in software takes long for each. */
const [N, DIM, CLASSES, LAMBDA, STEPS] = [200, 8, 3, 0.05, 30];
const adapter = (await (navigator.gpu as GPU | undefined)?.requestAdapter()) ?? null;

/** Mean log loss and ridge penalty of some weights, and what they predict. */
function judge(z: Float64Array, y: Int32Array, weights: ArrayLike<number>, bias: ArrayLike<number>) {
  let loss = 0;
  const predicted = Array.from({ length: N }, (_, i) => {
    const logits = Array.from({ length: CLASSES }, (__, c) => {
      let sum = bias[c] ?? 0;
      for (let d = 0; d < DIM; d++) sum += (z[i * DIM + d] ?? 0) * (weights[d * CLASSES + c] ?? 0);
      return sum;
    });
    const most = Math.max(...logits);
    loss += (most + Math.log(logits.reduce((s, l) => s + Math.exp(l - most), 0)) - (logits[y[i] ?? 0] ?? 0)) / N;
    return logits.indexOf(most);
  });
  for (let k = 0; k < DIM * CLASSES; k++) loss += (LAMBDA / 2) * (weights[k] ?? 0) ** 2;
  return { loss, predicted };
}

it.skipIf(!adapter)(
  'the fit for many labels on the graphics card comes to the same head as the one on the processor',
  async () => {
    const random = seededRandom(3);
    const centres = Float64Array.from({ length: CLASSES * DIM }, () => random.normal());
    const y = Int32Array.from({ length: N }, () => random.below(CLASSES));
    const z = Float64Array.from({ length: N * DIM }, (_, k) => {
      const [i, d] = [Math.floor(k / DIM), k % DIM];
      return 0.6 * (centres[(y[i] ?? 0) * DIM + d] ?? 0) + random.normal();
    });
    await startWebGpu(adapter as GPUAdapter, () => undefined);
    const large = await fitLarge(z, y, N, DIM, CLASSES, LAMBDA, STEPS);
    const exact = fitLogistic(z, y, N, DIM, CLASSES, LAMBDA);
    const [own, reference] = [judge(z, y, large.weights, large.bias), judge(z, y, exact.weights, exact.bias)];
    expect(own.loss).toBeLessThan(reference.loss * 1.001);
    const same = own.predicted.filter((c, i) => c === reference.predicted[i]).length;
    expect(same).toBeGreaterThanOrEqual(0.995 * N);
  },
);
