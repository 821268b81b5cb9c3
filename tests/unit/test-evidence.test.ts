import { expect, it } from 'vitest';
import type { Label } from '../../src/domain/events.ts';
import { classId, itemId, type ItemId } from '../../src/domain/ids.ts';
import { averagePrecision, rocAuc } from '../../src/domain/probability-metrics.ts';
import type { ProjectState } from '../../src/domain/project-state.ts';
import { rankingScores } from '../../src/domain/ranking.ts';
import { seededRandom } from '../../src/domain/random.ts';
import type { TestOutput } from '../../src/state/evaluation.svelte.ts';
import { testDoubts, testProbabilities } from '../../src/state/test-evidence.ts';

/** 100 test items: 80 of classes a and b, of which 8 are wrong, and 20 of class c, which the model has never seen. */
const N = 100;
const hex = (n: number): ItemId => itemId(n.toString(16).padStart(64, '0'));
const [a, b, c] = [classId('a'), classId('b'), classId('c')];
const truthOf = (i: number) => (i >= 80 ? c : i % 2 === 0 ? a : b);
const items = Array.from({ length: N }, (_, i) => hex(i));
const probabilities = Float32Array.from(
  items.flatMap((_, i) => {
    const isForA = i < 80 ? (i % 2 === 0) !== i % 10 < 1 : true;
    return isForA ? [0.75, 0.25] : [0.25, 0.75];
  }),
);
const output: TestOutput = {
  items,
  classes: [a, b],
  probabilities,
  predicted: new Map(items.map((id, i) => [id, (probabilities[2 * i] ?? 0) > 0.5 ? a : b])),
  sets: null,
};
const state = {
  task: 'single',
  seed: 5,
  labels: new Map(items.map((id, i) => [id, { kind: 'label', item: id, classId: truthOf(i) } as unknown as Label])),
} as unknown as ProjectState;

it('counts test items of a class that the model does not know: certain mistakes, not exceptions', () => {
  const report = testProbabilities(state, output);
  expect(report).toMatchObject({ n: N, unknown: 20 });
  // Right with 0.75: 0.125; wrong with 0.75: 1.125; of an unknown class: the squares of both and 1 for what it is.
  expect(report?.brier.value).toBeCloseTo((72 * 0.125 + 8 * 1.125 + 20 * (0.75 ** 2 + 0.25 ** 2 + 1)) / N, 6);
  // 72 of 100 are right, and all are 75 % sure.
  const accuracy = report?.bins?.reduce((sum, bin) => sum + (bin.accuracy * bin.count) / N, 0);
  expect(accuracy).toBeCloseTo(0.72, 10);
  expect(report?.logLoss?.value).toBeCloseTo((-72 * Math.log(0.75) - 8 * Math.log(0.25)) / 80, 6);
  // They are no a's: negatives of the ranking, here high ones.
  const scores = items.map((_, i) => probabilities[2 * i] ?? 0);
  const isA = items.map((_, i) => truthOf(i) === a);
  expect(report?.perClass[0]?.auc).toBeCloseTo(rocAuc(scores, isA) ?? NaN, 10);
  expect(report?.perClass[0]?.averagePrecision).toBeCloseTo(averagePrecision(scores, isA) ?? NaN, 10);
});

it('corrects the expected error with the same items', () => {
  const doubts = testDoubts(state, output);
  expect(doubts).toHaveLength(N);
  expect(doubts.filter((d) => d.isWrong)).toHaveLength(28);
  expect(doubts.every((d) => Math.abs(d.doubt - 0.25) < 1e-6)).toBe(true);
});

it('shows no calibration error of under 100 items, but the scores that few can bear', () => {
  const few = { ...output, items: items.slice(0, 60), probabilities: probabilities.slice(0, 120) };
  const report = testProbabilities(state, few);
  expect(report).toMatchObject({ n: 60, calibrationError: null, errorByChance: null, bins: null });
  expect(report?.brier.value).toBeGreaterThan(0);
  expect(testProbabilities(state, { ...output, items: items.slice(0, 29) })).toBeNull();
});

it('leaves a ranking without a mistake open', () => {
  const scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];
  const { averagePrecision: value, averagePrecisionInterval } = rankingScores(
    scores,
    scores.map((s) => s > 0.45),
    seededRandom(1),
  );
  expect(value).toBe(1);
  expect(averagePrecisionInterval?.low).toBeLessThan(0.7);
});
