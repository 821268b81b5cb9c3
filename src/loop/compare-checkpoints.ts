import type { Head } from '../domain/head.ts';
import type { ClassId } from '../domain/ids.ts';
import { cohenKappa } from '../domain/metrics.ts';
import type { Learner } from './learner-ports.ts';

/** What a checkpoint decides about some rows, and how sure it is. */
export interface Opinion {
  /** One number per decision: the class of each row or, where there can be several, 0 or 1 for each class of each row. */
  readonly decisions: Int32Array;
  /** For each row the believed chance that a decision about it is wrong. */
  readonly doubt: Float64Array;
}

/** The learner must hold the head. @param classes every class of the project, so that checkpoints can be compared */
export async function opinionOf(
  head: Head,
  rows: Int32Array,
  classes: readonly ClassId[],
  learner: Learner,
): Promise<Opinion> {
  const index = head.classes.map((id) => classes.indexOf(id));
  if (!head.thresholds) {
    const { top, topProbability } = await learner.score();
    return {
      decisions: rows.map((row) => Math.max(0, index[top[row] ?? 0] ?? 0)),
      doubt: Float64Array.from(rows, (row) => 1 - (topProbability[row] ?? 0)),
    };
  }
  const p = await learner.probabilities(rows);
  const width = head.classes.length;
  const decisions = new Int32Array(rows.length * classes.length);
  for (let i = 0; i < rows.length; i++) {
    index.forEach((to, c) => {
      if (to >= 0 && (p[i * width + c] ?? 0) >= (head.thresholds?.[c] ?? 1)) decisions[i * classes.length + to] = 1;
    });
  }
  return { decisions, doubt: setDoubts(p, head.thresholds) };
}

/** 1 - the chance that all decisions about a row are right, were they independent. @param p row-major [rows, classes] */
export function setDoubts(p: ArrayLike<number>, thresholds: ArrayLike<number>): Float64Array {
  const width = thresholds.length;
  return Float64Array.from({ length: width > 0 ? p.length / width : 0 }, (_, i) => {
    let sure = 1;
    for (let c = 0; c < width; c++) {
      const yes = p[i * width + c] as number;
      sure *= yes >= (thresholds[c] as number) ? yes : 1 - yes;
    }
    return 1 - sure;
  });
}

/**
 * Cohen's kappa of each checkpoint with the next. It is undefined, and counts as 0, where both decide the same about
 * everything: that shows a collapse, not a settled model.
 */
export function successiveKappas(opinions: readonly Opinion[], kinds: number): number[] {
  return opinions
    .slice(1)
    .map((next, i) => cohenKappa(opinions[i]?.decisions ?? [], next.decisions, Math.max(2, kinds)) ?? 0);
}
