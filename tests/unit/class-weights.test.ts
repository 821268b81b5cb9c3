import { describe, expect, it } from 'vitest';
import { balancedWeights } from '../../src/domain/class-weights.ts';
import { fitLogistic } from '../../src/domain/logistic.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { crossValidateC } from '../../src/domain/regularisation.ts';
import { parseEvents } from '../../src/formats/validate-events.ts';
import { isBalanced } from '../../src/loop/training-set.ts';
import { GrowingLog } from '../fixtures/log.ts';

const [N, DIM] = [40, 4];
const random = seededRandom(8);
/** One row in four is of class 1, overlapping with class 0. */
const y = Int32Array.from({ length: N }, (_, i) => (i % 4 === 0 ? 1 : 0));
const z = Float64Array.from({ length: N * DIM }, (_, at) => random.normal() + 0.8 * (y[Math.floor(at / DIM)] ?? 0));

describe('balanced class weights', () => {
  it('have mean 1 and give every class the same sum, however many there are', () => {
    const weights = balancedWeights(Int32Array.of(2, 2, 2, 5, 7, 7));
    expect([...weights].reduce((a, b) => a + b)).toBeCloseTo(6, 12);
    expect(weights[0]).toBeCloseTo(2 / 3, 12);
    expect(weights[3]).toBeCloseTo(2, 12);
    expect([...balancedWeights(Int32Array.of(1, 1))]).toEqual([1, 1]);
    expect(balancedWeights(new Int32Array())).toHaveLength(0);
  });

  it('fit what rare rows repeated until classes are level would fit', () => {
    const weighted = fitLogistic(z, y, N, DIM, 2, 0.05, { sampleWeights: balancedWeights(y), tolerance: 1e-9 });
    const order = Array.from(y, (c, i) => (c === 1 ? [i, i, i] : [i])).flat();
    const repeated = fitLogistic(
      Float64Array.from(order.flatMap((i) => [...z.subarray(i * DIM, (i + 1) * DIM)])),
      Int32Array.from(order, (i) => y[i] ?? 0),
      order.length,
      DIM,
      2,
      0.05,
      { tolerance: 1e-9 },
    );
    weighted.weights.forEach((w, k) => expect(w).toBeCloseTo(repeated.weights[k] ?? NaN, 5));
    const equal = fitLogistic(z, y, N, DIM, 2, 0.05);
    const rare = (fit: typeof equal): number => {
      let found = 0;
      for (let i = 0; i < N; i++) {
        const logit = (c: number): number =>
          (fit.bias[c] ?? NaN) +
          [0, 1, 2, 3].reduce((sum, d) => sum + (z[i * DIM + d] ?? NaN) * (fit.weights[d * 2 + c] ?? NaN), 0);
        if (logit(1) > logit(0)) found++;
      }
      return found;
    };
    expect(rare(weighted)).toBeGreaterThan(rare(equal));
  });

  it('weigh the folds that choose the penalty too', () => {
    const plain = crossValidateC(z, y, N, DIM, 2, seededRandom(1));
    const balanced = crossValidateC(z, y, N, DIM, 2, seededRandom(1), { sampleWeights: balancedWeights(y) });
    expect(balanced?.loss).not.toBe(plain?.loss);
    const ones = crossValidateC(z, y, N, DIM, 2, seededRandom(1), { sampleWeights: new Float64Array(N).fill(1) });
    expect(ones).toEqual(plain);
  });
});

it('are a setting of the project, off in logs that do not know it and where an item can have several classes', () => {
  const log = new GrowingLog();
  expect(isBalanced(log.state())).toBe(false);
  log.add({ kind: 'settings-changed', settings: { classWeights: 'balanced' } });
  expect(parseEvents(JSON.parse(JSON.stringify(log.events)) as unknown[])).toEqual(log.events);
  expect(isBalanced(log.state())).toBe(true);
  log.add({ kind: 'settings-changed', settings: { task: 'multi' } });
  expect(isBalanced(log.state())).toBe(false);
});
