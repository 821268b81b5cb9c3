import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logLoss } from '../../src/domain/probability-metrics.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { fitTemperature, temper } from '../../src/domain/temperature.ts';
import { mostLikely } from '../../src/domain/uncertainty.ts';

/** Rows whose probabilities are right, and the classes drawn from them; `p` are the same rows at another temperature. */
function made(n: number, classes: number, temperature: number, seed: number) {
  const random = seededRandom(seed);
  const honest = new Float64Array(n * classes).map(() => Math.exp(1.5 * random.normal()));
  temper(honest, classes, 0.9999999); // to unit sums
  const truth = Array.from({ length: n }, (_, i) => {
    let left = random.next();
    for (let c = 0; c < classes - 1; c++) if ((left -= honest[i * classes + c] ?? 0) < 0) return c;
    return classes - 1;
  });
  return { p: temper(honest.slice(), classes, temperature), truth, honest };
}

describe('temperature', () => {
  it('undoes overconfidence and timidity', () => {
    for (const wrong of [0.4, 1, 2.5]) {
      const { p, truth, honest } = made(3000, 5, wrong, 7);
      const fitted = fitTemperature(p, truth, 5);
      expect(fitted * wrong).toBeGreaterThan(0.9);
      expect(fitted * wrong).toBeLessThan(1.1);
      const after = logLoss(temper(p.slice(), 5, fitted), truth, 5) ?? 0;
      expect(after).toBeLessThanOrEqual((logLoss(p, truth, 5) ?? 0) + 1e-9);
      expect(Math.abs(after - (logLoss(honest, truth, 5) ?? 0))).toBeLessThan(0.01);
    }
  });

  it('is held near 1 by its prior while rows are few, and within bounds by anything', () => {
    // One certain hit: the likelihood alone would cool without end.
    const one = fitTemperature([0.9, 0.1], [0], 2);
    expect(one).toBeGreaterThan(0.3);
    expect(one).toBeLessThan(1);
    const right = fitTemperature(
      Array.from({ length: 400 }, (_, k) => (k % 2 === 0 ? 0.6 : 0.4)),
      new Array<number>(200).fill(0),
      2,
    );
    expect(right).toBeGreaterThanOrEqual(0.05);
    expect(fitTemperature([1, 0], [1], 2)).toBeLessThanOrEqual(20);
    expect(fitTemperature([], [], 3)).toBe(1);
    expect(fitTemperature([1, 1], [0, 0], 1)).toBe(1);
  });

  it('never changes which class is first, keeps rows at 1 and leaves rows of zeros', () => {
    const row = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(row, fc.double({ min: 0.05, max: 20, noNaN: true }), (values, t) => {
        const sum = values.reduce((a, b) => a + b, 0);
        const p = Float64Array.from(values, (x) => (sum > 0 ? x / sum : 0));
        const after = temper(p.slice(), 4, t);
        const total = after.reduce((a, b) => a + b, 0);
        if (sum === 0) expect(total).toBe(0);
        else expect(total).toBeCloseTo(1, 10);
        expect(after[mostLikely(p, 0, 4)]).toBe(Math.max(...after));
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it('agrees with dividing logits', () => {
    const logits = [2, -1, 0.5];
    const soft = (t: number): number[] => {
      const e = logits.map((z) => Math.exp(z / t));
      return e.map((x) => x / e.reduce((a, b) => a + b, 0));
    };
    temper(Float64Array.from(soft(1)), 3, 1.7).forEach((v, i) => expect(v).toBeCloseTo(soft(1.7)[i] ?? 0, 12));
  });
});
