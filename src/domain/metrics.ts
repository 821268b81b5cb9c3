/** With fewer items than this a share says so little that it is not shown. */
export const LEAST_PER_CLASS = 5;

export interface ClassScores {
  /** True positives / predicted; null when never predicted. */
  readonly precision: number | null;
  /** True positives / support; null without support. */
  readonly recall: number | null;
  /** Harmonic mean, 0 when there is no true positive; null when neither labelled nor predicted. */
  readonly f1: number | null;
  readonly support: number;
}
export interface ClassificationReport {
  readonly accuracy: number;
  /** Mean F1 over the classes that are labelled or predicted (as scikit-learn does). */
  readonly macroF1: number;
  /** Mean F1 weighted by support. */
  readonly weightedF1: number;
  readonly perClass: readonly ClassScores[];
  /** [truth][predicted] */
  readonly confusion: readonly (readonly number[])[];
}

/** Scores of predicted classes against true ones; both [n] with values in [0, classes). Empty input gives zeros. */
export function classificationReport(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ClassificationReport {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const line = confusion[truth[i] as number];
    const at = predicted[i] as number;
    if (line) line[at] = (line[at] ?? 0) + 1;
  }
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const perClass = confusion.map((line, c): ClassScores => {
    const hits = line[c] ?? 0;
    const support = sum(line);
    const calls = sum(confusion.map((l) => l[c] ?? 0));
    return {
      precision: calls > 0 ? hits / calls : null,
      recall: support > 0 ? hits / support : null,
      f1: support + calls > 0 ? (2 * hits) / (support + calls) : null,
      support,
    };
  });
  const n = truth.length;
  const hits = sum(confusion.map((line, c) => line[c] ?? 0));
  const f1s = perClass.flatMap((c) => (c.f1 === null ? [] : [c.f1]));
  return {
    accuracy: n > 0 ? hits / n : 0,
    macroF1: f1s.length > 0 ? sum(f1s) / f1s.length : 0,
    weightedF1: n > 0 ? sum(perClass.map((c) => (c.f1 ?? 0) * c.support)) / n : 0,
    perClass,
    confusion,
  };
}

/** Cohen's kappa (Cohen 1960) of two raters, [n] each; null when chance agreement is 1 (undefined). */
export function cohenKappa(a: ArrayLike<number>, b: ArrayLike<number>, classes: number): number | null {
  const n = a.length;
  if (n === 0) return null;
  const countsA = new Array<number>(classes).fill(0);
  const countsB = new Array<number>(classes).fill(0);
  let agreed = 0;
  for (let i = 0; i < n; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    countsA[x] = (countsA[x] ?? 0) + 1;
    countsB[y] = (countsB[y] ?? 0) + 1;
    if (x === y) agreed++;
  }
  const chance = countsA.reduce((sum, c, i) => sum + (c / n) * ((countsB[i] ?? 0) / n), 0);
  return chance >= 1 ? null : (agreed / n - chance) / (1 - chance);
}
