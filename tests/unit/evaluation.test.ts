import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, fitPowerLaw, forecastGain } from '../../src/domain/forecast.ts';
import { isotonic, labelEfficiency, randomAccuracy, type RandomSplit } from '../../src/domain/label-efficiency.ts';
import {
  averagePrecision,
  brierScore,
  confidences,
  expectedCalibrationError,
  logLoss,
  reliabilityBins,
  rocAuc,
} from '../../src/domain/probability-metrics.ts';
import { seededRandom } from '../../src/domain/random.ts';
import {
  DEFAULT_THRESHOLDS,
  expectedPoolError,
  stoppingAdvice,
  type StoppingEvidence,
} from '../../src/domain/stopping.ts';

/**
 * Numbers below from scikit-learn 1.2.1: roc_auc_score, average_precision_score, log_loss and IsotonicRegression on the
 * same values; the Brier score by hand as numpy's mean of squared distances to the one-hot rows.
 */
describe('scores of probabilities', () => {
  const scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.65, 0.4, 0.9];
  const positive = [0, 0, 1, 1, 1, 0, 0, 1].map(Boolean);
  const p = [0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.2, 0.2, 0.6, 0.5, 0.3, 0.2, 0.3, 0.3, 0.4];
  const truth = [0, 1, 1, 0, 2];

  it('agree with scikit-learn, ties included', () => {
    expect(rocAuc(scores, positive)).toBeCloseTo(0.6875, 10);
    expect(averagePrecision(scores, positive)).toBeCloseTo(0.7678571428571428, 10);
    expect(logLoss(p, truth, 3)).toBeCloseTo(0.8172752785145848, 10);
    expect(brierScore(p, truth, 3)).toBeCloseTo(0.472, 10);
  });

  it('say nothing where there is nothing to say', () => {
    expect(rocAuc([0.2, 0.3], [true, true])).toBeNull();
    expect(averagePrecision([0.2], [false])).toBeNull();
    expect(logLoss([], [], 3)).toBeNull();
    expect(brierScore([], [], 3)).toBeNull();
    expect(reliabilityBins(confidences(p, truth, 3))).toBeNull();
  });

  it('stay finite for a certain mistake', () => {
    expect(logLoss([0, 1], [0], 2)).toBeCloseTo(-Math.log(1e-15), 6);
  });

  it('bin by equal size and measure how far confidence is from accuracy', () => {
    const n = 60;
    const probabilities = Array.from({ length: n }, (_, i) => (i < 30 ? [0.6, 0.4] : [0.9, 0.1])).flat();
    // 15 of the 30 unsure ones and 27 of the 30 sure ones are right.
    const labels = Array.from({ length: n }, (_, i) => (i < 30 ? i % 2 : i % 10 === 0 ? 1 : 0));
    const bins = reliabilityBins(confidences(probabilities, labels, 2)) ?? [];
    expect(bins.map((b) => b.count)).toEqual([15, 15, 15, 15]);
    const unsure = bins.slice(0, 2);
    expect(unsure.reduce((sum, b) => sum + b.accuracy, 0) / 2).toBeCloseTo(0.5, 10);
    expect(bins[0]?.confidence).toBeCloseTo(0.6, 10);
    // Half of the items are off by |bin accuracy - 0.6|, the others by |bin accuracy - 0.9|.
    const byHand = bins.reduce((sum, b) => sum + (15 / 60) * Math.abs(b.accuracy - b.confidence), 0);
    expect(expectedCalibrationError(bins)).toBeCloseTo(byHand, 12);
    expect(byHand).toBeGreaterThan(0.04);
  });

  it('give an AUC that does not change under monotone maps of the scores', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { minLength: 2, maxLength: 60 }),
        (rows) => {
          const own = rows.map(([s]) => s / 20);
          const labels = rows.map(([, b]) => b);
          expect(
            rocAuc(
              own.map((s) => Math.exp(3 * s)),
              labels,
            ),
          ).toBe(rocAuc(own, labels));
        },
      ),
      { numRuns: 100, seed: 3 },
    );
  });
});

describe('isotonic regression', () => {
  it('agrees with scikit-learn', () => {
    const fitted = isotonic([0.3, 0.5, 0.4, 0.4, 0.7, 0.6, 0.65, 0.9]);
    [0.3, 13 / 30, 13 / 30, 13 / 30, 0.65, 0.65, 0.65, 0.9].forEach((v, i) => expect(fitted[i]).toBeCloseTo(v, 10));
  });
});

/** Correctness of test items whose difficulty is spread evenly: right when the accuracy exceeds the difficulty. */
function hits(accuracy: number, size: number): boolean[] {
  return Array.from({ length: size }, (_, i) => (i + 0.5) / size < accuracy);
}
/** Accuracy after some random labels; the project reaches the same with half of them. */
const byChance = (labels: number): number => 0.95 - 1.5 / Math.sqrt(labels);

describe('label efficiency', () => {
  const size = 200;
  const checkpoints = [5, 10, 20, 30, 40, 60, 80].map((labels) => ({
    labels,
    isRight: hits(byChance(2 * labels), size),
  }));
  const random = seededRandom(5);
  const splits = [40, 80, 120].flatMap((labels) =>
    Array.from({ length: 20 }, (): RandomSplit => {
      const order = random.shuffle(Int32Array.from({ length: size }, (_, i) => i));
      const tested = order.slice(labels);
      const right = hits(byChance(labels), size);
      return { labels, tested, isRight: Array.from(tested, (i) => right[i] ?? false) };
    }),
  );

  it('finds a project that needs half of the labels', () => {
    const result = labelEfficiency(checkpoints, splits, size, seededRandom(1));
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(result.points.map((p) => p.labels)).toEqual([40, 80, 120]);
    for (const { ratio, interval, labels, needed } of result.points) {
      expect(ratio).toBeGreaterThan(1.6);
      expect(ratio).toBeLessThan(2.5);
      expect(interval.low).toBeLessThanOrEqual(ratio);
      expect(interval.high).toBeGreaterThanOrEqual(ratio);
      expect(ratio).toBeCloseTo(labels / needed, 10);
    }
  });

  it('says what is missing instead of a number', () => {
    expect(labelEfficiency(checkpoints, splits, 30, seededRandom(1))).toEqual({
      kind: 'too-few',
      reason: 'Label 10 more test items to compare with random sampling.',
    });
    expect(labelEfficiency(checkpoints.slice(0, 2), splits, size, seededRandom(1)).kind).toBe('too-few');
    const worse = checkpoints.map((c) => ({ ...c, isRight: hits(0.1, size) }));
    expect(labelEfficiency(worse, splits, size, seededRandom(1)).kind).toBe('too-few');
  });

  it('measures random heads only on the items they have not seen', () => {
    const split: RandomSplit = { labels: 2, tested: Int32Array.of(0, 3), isRight: [true, false] };
    expect(randomAccuracy([split], 2)).toBe(0.5);
    expect(randomAccuracy([split], 2, Float64Array.of(3, 9, 9, 1))).toBe(0.75);
  });
});

describe('forecast', () => {
  const curve = [20, 40, 60, 80, 100].map((labels) => ({ labels, accuracy: 0.9 - 2 * labels ** -0.8, n: 200 }));

  it('recovers a power law and what the next labels bring', () => {
    const law = fitPowerLaw(curve);
    expect(law?.exponent).toBeCloseTo(0.8, 1);
    expect(law?.ceiling).toBeCloseTo(0.9, 2);
    const forecast = forecastGain(curve, 50, seededRandom(2));
    expect(forecast?.gain).toBeCloseTo(2 * 100 ** -0.8 - 2 * 150 ** -0.8, 2);
    expect(forecast?.gainInterval.low).toBeLessThanOrEqual(forecast?.gain ?? 0);
    expect(forecast?.gainInterval.high).toBeGreaterThanOrEqual(forecast?.gain ?? 1);
  });

  it('has an interval that holds the true gain about as often as it says', () => {
    const random = seededRandom(8);
    let held = 0;
    const trials = 120;
    for (let trial = 0; trial < trials; trial++) {
      const truth = (labels: number): number => 0.92 - (1.2 + random.fork('b').next()) * labels ** -0.6;
      const noisy = [20, 40, 60, 80, 100, 120].map((labels) => {
        const accuracy = truth(labels);
        const error = Math.sqrt((accuracy * (1 - accuracy) * 0.5) / 150);
        return { labels, accuracy: accuracy + error * random.normal(), n: 150 };
      });
      const gain = truth(170) - truth(120);
      const interval = forecastGain(noisy, 50, random.fork(`trial ${trial}`))?.gainInterval;
      if (interval && interval.low <= gain && gain <= interval.high) held++;
    }
    expect(held / trials).toBeGreaterThan(0.88);
  });

  it.each([0.05, 0.15, 0.4])('holds it too where all rounds share one test set, whose items flip by %f', (flips) => {
    const random = seededRandom(9);
    const trials = 150;
    const [rounds, n] = [[20, 40, 60, 80, 100, 120], 150];
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const speed = 1.2 + random.next();
      const truth = (labels: number): number => 0.92 - speed * labels ** -0.6;
      // An item is right once the model is good enough for it, give or take.
      const difficulty = Float64Array.from({ length: n }, () => random.next());
      const seen = rounds.map((labels) => {
        const right = difficulty.filter((d) => d < truth(labels) + flips * (random.next() - 0.5)).length;
        return { labels, accuracy: right / n, n };
      });
      const gain = truth(170) - truth(120);
      const interval = forecastGain(seen, 50, random.fork(`trial ${trial}`))?.gainInterval;
      if (interval && interval.low <= gain && gain <= interval.high) held++;
    }
    expect(held / trials).toBeGreaterThan(0.92);
  });

  it('does not take a model that was trained again on as many labels for another round', () => {
    const again = [...curve.slice(0, 3), ...curve.slice(0, 3)];
    expect(forecastGain(again, 50, seededRandom(1))).toBeNull();
  });

  it('refuses to guess from fewer than four rounds, and never promises more than everything', () => {
    expect(forecastGain(curve.slice(0, 3), 50, seededRandom(1))).toBeNull();
    const steep = [10, 20, 30, 40].map((labels, i) => ({ labels, accuracy: 0.4 + 0.18 * i, n: 50 }));
    const law = fitPowerLaw(steep);
    expect(law && at(law, 1e6)).toBeLessThanOrEqual(1);
    const falling = [10, 20, 30, 40].map((labels, i) => ({ labels, accuracy: 0.8 - 0.1 * i, n: 50 }));
    expect(forecastGain(falling, 50, seededRandom(1))?.gain).toBe(0);
  });
});

describe('stopping advice', () => {
  /** Nine of ten test items are right from the second model on, one in 500 changes. */
  const flatCurve = (n: number): StoppingEvidence['curve'] =>
    [20, 40, 60, 80, 100].map((labels, k) => {
      const isRight = Array.from({ length: n }, (_, i) =>
        k === 0 ? i % 10 < 7 : i % 10 < 9 || i % 500 === 9 + 10 * k,
      );
      return { labels, isRight, accuracy: isRight.filter(Boolean).length / n };
    });
  const evidence: StoppingEvidence = {
    kappas: [0.8, 0.995, 0.992, 0.999],
    poolError: { share: 0.03, interval: { low: 0.01, high: 0.05 } },
    curve: flatCurve(1000),
    accuracyInterval: { low: 0.86, high: 0.94 },
    labels: 100,
  };
  const states = (e: StoppingEvidence, t = DEFAULT_THRESHOLDS): Record<string, string> =>
    Object.fromEntries(stoppingAdvice(e, t).map((c) => [c.id, c.state]));

  it('reports each criterion with its state', () => {
    expect(states(evidence)).toEqual({
      stable: 'met',
      'pool-error': 'met',
      flat: 'met',
      target: 'not-met',
      budget: 'not-met',
    });
    expect(
      states(evidence, { ...DEFAULT_THRESHOLDS, target: 0.85, budget: 100, kappa: 0.999, poolError: 0.01 }),
    ).toEqual({
      stable: 'not-met',
      'pool-error': 'not-met',
      flat: 'met',
      target: 'met',
      budget: 'met',
    });
  });

  it('never takes for flat, or for few, what the test set leaves open', () => {
    const stateOf = (id: string, e: StoppingEvidence) => stoppingAdvice(e, DEFAULT_THRESHOLDS).find((c) => c.id === id);
    // As flat, but on so few test items that a gain would not show.
    expect(stateOf('flat', { ...evidence, curve: flatCurve(100) })?.state).toBe('too-early');
    expect(stateOf('flat', { ...evidence, curve: flatCurve(100) })?.sentence).toContain('More test items');
    const bare = flatCurve(1000).map(({ labels, accuracy }) => ({ labels, accuracy }));
    expect(stateOf('flat', { ...evidence, curve: bare })?.state).toBe('too-early');
    const rising = flatCurve(1000).map((p, k) => ({ ...p, accuracy: 0.5 + 0.1 * k }));
    expect(stateOf('flat', { ...evidence, curve: rising })?.state).toBe('not-met');
    const open = { share: 0.04, interval: { low: 0.01, high: 0.07 } };
    expect(stateOf('pool-error', { ...evidence, poolError: open })?.state).toBe('too-early');
    const many = { share: 0.06, interval: { low: 0.03, high: 0.09 } };
    expect(stateOf('pool-error', { ...evidence, poolError: many })?.state).toBe('not-met');
  });

  it('never shows a kappa as settled that is not', () => {
    const near = { ...evidence, kappas: [0.986, 0.9855, 0.9899] };
    const settled = stoppingAdvice(near, DEFAULT_THRESHOLDS)[0];
    expect(settled?.state).toBe('not-met');
    expect(settled?.sentence).toContain('a kappa of 0.987; 0.99 counts as settled');
  });

  it('takes the target in terms of another metric, and waits while that has no interval', () => {
    const strict = { ...DEFAULT_THRESHOLDS, target: 0.85, metric: 'macroF1' } as const;
    const other = { ...evidence, targetInterval: { low: 0.8, high: 0.9 }, targetMeasure: 'macro-F1' };
    expect(states(other, strict)['target']).toBe('not-met');
    expect(states({ ...other, targetInterval: { low: 0.86, high: 0.9 } }, strict)['target']).toBe('met');
    expect(states({ ...other, targetInterval: null }, strict)['target']).toBe('too-early');
    const said = stoppingAdvice(other, strict).find((c) => c.id === 'target');
    expect(said?.sentence).toBe('Macro-F1 is 80 % or more with 95 % confidence; the target is 85 %.');
  });

  it('waits while it is too early', () => {
    const early: StoppingEvidence = { kappas: [1], poolError: null, curve: [], accuracyInterval: null, labels: 3 };
    const all = stoppingAdvice(early, DEFAULT_THRESHOLDS);
    expect(all.filter((c) => c.state === 'too-early').map((c) => c.id)).toEqual([
      'stable',
      'pool-error',
      'flat',
      'target',
    ]);
    for (const { sentence } of all) expect(sentence).toMatch(/^[A-Z\d].*\.$/);
  });

  it('corrects the expected error of the pool by what the test set shows', () => {
    // The model believes in 10 % errors everywhere; on the test set 30 % are wrong.
    const isWrong = Array.from({ length: 20 }, (_, i) => i < 6);
    const error = expectedPoolError(new Array<number>(50).fill(0.1), new Array<number>(20).fill(0.1), isWrong);
    expect(error?.share).toBeCloseTo(0.3, 10);
    expect(error?.interval.low).toBeGreaterThan(0.05);
    expect(error?.interval.high).toBeLessThan(0.55);
    expect(expectedPoolError([], [0.1], [true])).toBeNull();
  });
});
