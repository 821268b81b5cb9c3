import { describe, expect, it } from 'vitest';
import { bootstrapInterval, f1Interval, wilsonInterval, type Interval } from '../../src/domain/intervals.ts';
import { labelEfficiency, randomCurve, type RandomSplit } from '../../src/domain/label-efficiency.ts';
import { classificationReport } from '../../src/domain/metrics.ts';
import { probabilityReport } from '../../src/domain/probability-report.ts';
import { classId } from '../../src/domain/ids.ts';
import { seededRandom, type Random } from '../../src/domain/random.ts';
import { DEFAULT_THRESHOLDS, expectedPoolError, stoppingAdvice } from '../../src/domain/stopping.ts';
import { aucInterval, rankingScores } from '../../src/domain/ranking.ts';

/**
 * How often 95 % intervals hold the truth when worlds are drawn whose truth is known. Bounds leave room for the error of
 * some hundred draws (one standard error is about 0.01) and for what each method is known to miss with 100 items.
 */
const TRIALS = 400;
const coverage = (truth: number, draw: (random: Random) => Interval, trials = TRIALS): number => {
  let held = 0;
  for (let t = 0; t < trials; t++) {
    const { low, high } = draw(seededRandom(100 + t));
    if (low <= truth && truth <= high) held++;
  }
  return held / trials;
};
const count = (random: Random, n: number, p: number): number =>
  Array.from({ length: n }, () => random.next() < p).filter(Boolean).length;

describe('coverage of 95 % intervals', () => {
  it('of a share: Wilson, near the edge too', () => {
    for (const [n, p] of [
      [100, 0.9],
      [100, 0.5],
      [20, 0.95],
      [10, 0.7],
    ] as const) {
      const held = coverage(p, (random) => wilsonInterval(count(random, n, p), n), 1000);
      expect(held).toBeGreaterThan(0.92);
      expect(held).toBeLessThan(0.995);
    }
  });

  it('of F1 of one class', () => {
    // Per item: 0.16 found, 0.04 missed, 0.05 added, the rest neither.
    const truth = (2 * 0.16) / (2 * 0.16 + 0.09);
    const held = coverage(truth, (random) => {
      let [hits, union] = [0, 0];
      for (let i = 0; i < 100; i++) {
        const u = random.next();
        if (u < 0.16) hits++;
        if (u < 0.25) union++;
      }
      return f1Interval(hits, union);
    });
    expect(held).toBeGreaterThan(0.92);
    expect(f1Interval(12, 12).low).toBeLessThan(0.9);
  });

  it('of macro-F1: bootstrap over 100 items of five classes', () => {
    const shares = [0.4, 0.25, 0.15, 0.1, 0.1];
    const draw = (random: Random, n: number): [number[], number[]] => {
      const truth: number[] = [];
      const guess: number[] = [];
      for (let i = 0; i < n; i++) {
        let u = random.next();
        const c = shares.findIndex((s) => (u -= s) < 0);
        const t = c < 0 ? 4 : c;
        truth.push(t);
        guess.push(random.next() < 0.85 ? t : random.below(5));
      }
      return [truth, guess];
    };
    const [t, g] = draw(seededRandom(1), 200_000);
    const truth = classificationReport(t, g, 5).macroF1;
    const held = coverage(
      truth,
      (random) => {
        const [own, said] = draw(random, 100);
        const f1 = (s: Int32Array): number =>
          classificationReport(
            s.map((i) => own[i] ?? 0),
            s.map((i) => said[i] ?? 0),
            5,
          ).macroF1;
        return bootstrapInterval(100, f1, random.fork('b'), 200);
      },
      250,
    );
    expect(held).toBeGreaterThan(0.88);
  });

  it('of the area under the ROC curve and of average precision, 15 positives among 100', () => {
    const draw = (random: Random, positives: number, negatives: number): [number[], boolean[]] => {
      const is = Array.from({ length: positives + negatives }, (_, i) => i < positives);
      return [is.map((p) => random.normal() + (p ? 2 : 0)), is];
    };
    const [scores, is] = draw(seededRandom(2), 15_000, 85_000);
    const truth = rankingScores(scores.slice(), is, seededRandom(1));
    for (const kind of ['auc', 'averagePrecision'] as const) {
      const held = coverage(truth[kind] ?? 0, (random) => {
        const [own, isOwn] = draw(random, 15, 85);
        const r = rankingScores(own, isOwn, random.fork('b'));
        return (kind === 'auc' ? r.aucInterval : r.averagePrecisionInterval) ?? { low: 0, high: 0 };
      });
      expect(held, kind).toBeGreaterThan(kind === 'auc' ? 0.93 : 0.87);
    }
    const perfect = aucInterval(1, 6, 40);
    expect(perfect.high).toBe(1);
    expect(perfect.low).toBeLessThan(0.98);
  });

  it('of log loss, Brier score and calibration error of overconfident probabilities', () => {
    const classes = ['a', 'b', 'c'].map(classId);
    const draw = (random: Random, n: number): [number[], number[]] => {
      const p: number[] = [];
      const truth: number[] = [];
      for (let i = 0; i < n; i++) {
        const said = 0.5 + 0.5 * random.next();
        p.push(said, (1 - said) / 2, (1 - said) / 2);
        truth.push(random.next() < said - 0.15 ? 0 : 1 + random.below(2));
      }
      return [p, truth];
    };
    const [p, t] = draw(seededRandom(3), 4_000);
    const truth = probabilityReport(p, t, classes, 1);
    for (const kind of ['logLoss', 'brier', 'calibrationError'] as const) {
      const value = kind === 'calibrationError' ? 0.15 : (truth?.[kind]?.value ?? 0);
      const held = coverage(
        value,
        (random) => {
          const [own, is] = draw(random, 150);
          return probabilityReport(own, is, classes, 1)?.[kind]?.interval ?? { low: 0, high: 0 };
        },
        150,
      );
      expect(held, kind).toBeGreaterThan(0.87);
    }
  }, 60_000);

  it('of a calibration error that is small: binning alone pretends to more', () => {
    const classes = ['a', 'b'].map(classId);
    const held = coverage(
      0.03,
      (random) => {
        const said = Array.from({ length: 100 }, () => 0.55 + 0.45 * random.next());
        const truth = said.map((x) => (random.next() < x - 0.03 ? 0 : 1));
        const p = said.flatMap((x) => [x, 1 - x]);
        return probabilityReport(p, truth, classes, 1)?.calibrationError?.interval ?? { low: 0, high: 0 };
      },
      150,
    );
    expect(held).toBeGreaterThan(0.87);
  }, 60_000);

  it('perfect probabilities stay below what chance allows in about 19 of 20 cases', () => {
    const classes = ['a', 'b'].map(classId);
    let below = 0;
    for (let trial = 0; trial < 150; trial++) {
      const random = seededRandom(500 + trial);
      const p = Array.from({ length: 100 }, () => 0.5 + 0.5 * random.next()).flatMap((x) => [x, 1 - x]);
      const truth = Array.from({ length: 100 }, (_, i) => (random.next() < (p[2 * i] ?? 0) ? 0 : 1));
      const report = probabilityReport(p, truth, classes, trial);
      if ((report?.calibrationError?.value ?? 1) <= (report?.errorByChance ?? 0)) below++;
    }
    expect(below / 150).toBeGreaterThan(0.89);
  }, 60_000);
});

/**
 * A world whose label efficiency is known: an item of difficulty d is right when the accuracy exceeds d, but for noise that
 * belongs to model and item. Random labels reach byChance(r), the project byChance(ratio * n).
 */
describe('label efficiency in a world where it is known', () => {
  const size = 150;
  const byChance = (labels: number): number => 0.95 - 1.6 / Math.sqrt(labels);
  const SIZES = [60, 90, 120];

  function world(ratio: number, random: Random) {
    const difficulty = Float64Array.from({ length: size }, () => random.next());
    const isRight = (accuracy: number): boolean[] =>
      Array.from(difficulty, (d) => (random.next() < 0.7 ? d : random.next()) < accuracy);
    const checkpoints = Array.from({ length: 10 }, (_, i) => 8 * (i + 1)).map((labels) => ({
      labels,
      isRight: isRight(byChance(ratio * labels)),
    }));
    const splits = SIZES.flatMap((labels) =>
      Array.from({ length: 20 }, (): RandomSplit => {
        const tested = random.shuffle(Int32Array.from({ length: size }, (_, i) => i)).slice(labels);
        const right = isRight(byChance(labels));
        return { labels, tested, isRight: Array.from(tested, (i) => right[i] ?? false) };
      }),
    );
    return labelEfficiency(checkpoints, splits, size, random.fork('bootstrap'), 100);
  }

  it('is about unbiased, and its interval holds the truth about as often as it says', () => {
    for (const ratio of [1.5, 2.2]) {
      const ratios: number[] = [];
      let [held, measured] = [0, 0];
      for (let trial = 0; trial < 120; trial++) {
        const result = world(ratio, seededRandom(900 + trial));
        if (result.kind !== 'measured') continue;
        const point = result.points.find((p) => p.labels === 90);
        if (!point) continue;
        measured++;
        ratios.push(point.ratio);
        if (point.interval.low <= ratio && ratio <= point.interval.high) held++;
      }
      expect(measured).toBeGreaterThan(100);
      const median = ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
      const mean = ratios.reduce((a, b) => a + b, 0) / ratios.length;
      expect(Math.abs(mean - ratio)).toBeLessThan(0.3);
      expect(Math.abs(median - ratio)).toBeLessThan(0.15);
      expect(held / measured).toBeGreaterThan(0.85);
    }
  }, 60_000);
});

describe('coverage of 95 % intervals beside the learning curve', () => {
  it('of the errors that are left in the pool, from an overconfident model too, and where nothing is wrong', () => {
    for (const [n, wrong, doubt] of [
      [100, 0.3, 0.1],
      [100, 0.05, 0.05],
      [40, 0.15, 0.02],
    ] as const) {
      // Half of the items are twice as doubtful as the mean, and twice as often wrong; the others never.
      const item = (random: Random): { doubt: number; isWrong: boolean } => {
        const isHard = random.next() < 0.5;
        return { doubt: isHard ? 2 * doubt : 0, isWrong: isHard && random.next() < 2 * wrong };
      };
      const held = coverage(wrong, (random) => {
        const pool = Array.from({ length: 2000 }, () => item(random).doubt);
        const test = Array.from({ length: n }, () => item(random));
        const error = expectedPoolError(
          pool,
          test.map((t) => t.doubt),
          test.map((t) => t.isWrong),
        );
        return error?.interval ?? { low: 1, high: 0 };
      });
      expect(held).toBeGreaterThan(0.92);
    }
    const right = expectedPoolError(
      [0.01, 0.01],
      new Array<number>(100).fill(0.01),
      new Array<boolean>(100).fill(false),
    );
    expect(right?.interval.high).toBeGreaterThan(0.02);
  });

  it('of the slope of a learning curve on one test set', () => {
    // Items are of a difficulty; a checkpoint is right where its skill is above it, with some luck.
    const labels = [40, 60, 80, 100];
    const skills = [0.6, 0.66, 0.7, 0.73];
    const chance = (skill: number, difficulty: number): number => (skill > difficulty ? 0.95 : 0.1);
    const mean = skills.map((skill) => 0.95 * skill + 0.1 * (1 - skill));
    const [x, y] = [70, mean.reduce((a, b) => a + b, 0) / 4];
    const slope =
      labels.reduce((sum, l, k) => sum + (l - x) * ((mean[k] ?? 0) - y), 0) /
      labels.reduce((sum, l) => sum + (l - x) ** 2, 0);
    const held = coverage(100 * 50 * slope, (random) => {
      const difficulty = Array.from({ length: 100 }, () => random.next());
      const curve = labels.map((l, k) => {
        const isRight = difficulty.map((d) => random.next() < chance(skills[k] ?? 0, d));
        return { labels: l, accuracy: isRight.filter(Boolean).length / 100, isRight };
      });
      const evidence = { kappas: [], poolError: null, curve, accuracyInterval: null, labels: 100 };
      const said = stoppingAdvice(evidence, DEFAULT_THRESHOLDS).find((c) => c.id === 'flat')?.sentence ?? '';
      const [, low = NaN, high = NaN] = /interval (-?[\d.]+) points to (-?[\d.]+) points/.exec(said)?.map(Number) ?? [];
      return { low, high };
    });
    expect(held).toBeGreaterThan(0.92);
    expect(held).toBeLessThan(1);
  });

  it('of random sampling, as it is imitated inside the test set: not too narrow', () => {
    const held = coverage(0.7, (random) => {
      const [size, splits] = [100, [] as RandomSplit[]];
      // What a head that was trained on some items gets right is mostly the same items, whichever it was trained on.
      const easy = Array.from({ length: size }, () => random.next() < 0.7);
      for (let s = 0; s < 10; s++) {
        const tested = random.shuffle(Int32Array.from({ length: size }, (_, i) => i)).slice(0, 60);
        const isRight = Array.from(tested, (i) => (random.next() < 0.9 ? easy[i] === true : random.next() < 0.7));
        splits.push({ labels: 40, tested, isRight });
      }
      return randomCurve(splits, size)[0]?.interval ?? { low: 1, high: 0 };
    });
    expect(held).toBeGreaterThan(0.92);
  });
});
