import { PRESENT, UNKNOWN } from './membership.ts';
import type { ClassScores } from './metrics.ts';

export interface SetScores extends ClassScores {
  /** Items that have the class and get it; have it and don't get it; get it and don't have it. */
  readonly found: number;
  readonly missed: number;
  readonly added: number;
}
export interface SetReport {
  /** Share of the items whose classes are all right. */
  readonly subsetAccuracy: number;
  /** Share of the decisions, one per item and class, that are wrong. */
  readonly hammingLoss: number;
  /** F1 of all decisions taken together. */
  readonly microF1: number;
  /** Mean F1 over the classes that some item has or gets. */
  readonly macroF1: number;
  readonly perClass: readonly SetScores[];
}

/**
 * Scores of given classes against true ones (Tsoumakas, Katakis and Vlahavas 2010, Mining multi-label data). Decisions of
 * which the truth is unknown do not count.
 * @param truth `memberships`, row-major [n, classes] @param given 1 or 0, [n, classes] @param rows which rows, with repeats
 */
export function setReport(
  truth: ArrayLike<number>,
  given: ArrayLike<number>,
  classes: number,
  rows: ArrayLike<number>,
): SetReport {
  const found = new Int32Array(classes);
  const missed = new Int32Array(classes);
  const added = new Int32Array(classes);
  let known = 0;
  let right = 0;
  for (let r = 0; r < rows.length; r++) {
    let isRight = true;
    for (let c = 0; c < classes; c++) {
      const k = (rows[r] as number) * classes + c;
      if (truth[k] === UNKNOWN) continue;
      known++;
      const [has, gets] = [truth[k] === PRESENT, given[k] === PRESENT];
      const counts = has && gets ? found : has ? missed : gets ? added : null;
      if (counts) counts[c] = (counts[c] as number) + 1;
      if (has !== gets) isRight = false;
    }
    if (isRight) right++;
  }
  const perClass = Array.from(found, (hits, c) => scores(hits, missed[c] as number, added[c] as number));
  const total = perClass.reduce(
    (sum, c) => ({ found: sum.found + c.found, missed: sum.missed + c.missed, added: sum.added + c.added }),
    { found: 0, missed: 0, added: 0 },
  );
  const f1s = perClass.flatMap((c) => (c.f1 === null ? [] : [c.f1]));
  return {
    subsetAccuracy: rows.length > 0 ? right / rows.length : 0,
    hammingLoss: known > 0 ? (total.missed + total.added) / known : 0,
    microF1: scores(total.found, total.missed, total.added).f1 ?? 0,
    macroF1: f1s.length > 0 ? f1s.reduce((a, b) => a + b, 0) / f1s.length : 0,
    perClass,
  };
}

function scores(found: number, missed: number, added: number): SetScores {
  const support = found + missed;
  return {
    found,
    missed,
    added,
    support,
    precision: found + added > 0 ? found / (found + added) : null,
    recall: support > 0 ? found / support : null,
    f1: support + added > 0 ? (2 * found) / (support + found + added) : null,
  };
}

/** Whether all known decisions about a row are right. */
export function isSetRight(
  truth: ArrayLike<number>,
  given: ArrayLike<number>,
  classes: number,
  row: number,
  givenRow = row,
): boolean {
  for (let c = 0; c < classes; c++) {
    const has = truth[row * classes + c];
    if (has !== UNKNOWN && (has === PRESENT) !== (given[givenRow * classes + c] === PRESENT)) return false;
  }
  return true;
}
