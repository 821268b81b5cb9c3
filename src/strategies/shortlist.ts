import type { Task } from '../domain/events.ts';
import type { Row } from '../domain/ids.ts';
import { classDoubt, meanDoubt, nearestDoubt } from '../domain/set-uncertainty.ts';
import { marginUncertainty } from '../domain/uncertainty.ts';
import type { PoolView, Strategy } from './strategy.ts';

/** Utility of row `row` of a row-major [rows, classes] probability matrix. */
export type Utility = (p: ArrayLike<number>, row: number, classes: number) => number;

/** Backends differ by far less than this in any utility of a probability row. */
const SLACK = 1e-3;

/** From this doubt on a second class counts as open in a reason. */
const CLOSE_CALL = 0.5;

export interface Ranked {
  readonly row: Row;
  readonly utility: number;
}

/**
 * The `count` candidates of highest utility, best first, ties by row. All candidates are ranked by the backend's
 * float32 probabilities; those within reach of the cut are ranked again by the exact ones, so that every backend
 * gives the same rows. Throws `RangeError` without a head.
 */
export function mostUseful(view: PoolView, count: number, utility: Utility): Ranked[] {
  const { probabilities, exactProbabilities, candidates } = view;
  if (!probabilities || !exactProbabilities) throw new RangeError('This strategy needs a trained head.');
  const classes = probabilities.cols;
  const rough = new Float64Array(candidates.length);
  for (let i = 0; i < rough.length; i++) rough[i] = utility(probabilities.data, candidates[i] as number, classes);
  return ranked(candidates, rough, count, (rows) => {
    const exact = exactProbabilities(rows);
    return Float64Array.from(rows, (_, i) => utility(exact, i, classes));
  });
}

/**
 * The `count` rows of highest exact utility, best first, ties by row.
 * @param rough utility of each row to within rounding @param exact the same in float64, for those near the cut
 */
export function ranked(
  rows: Int32Array,
  rough: Float64Array,
  count: number,
  exact: (rows: Int32Array) => Float64Array,
): Ranked[] {
  const wanted = Math.min(count, rows.length);
  if (wanted === 0) return [];
  const cut = largest(rough, wanted);
  const shortlist = rows.filter((_, i) => (rough[i] as number) >= cut - SLACK);
  const values = exact(shortlist);
  return Array.from(shortlist, (row, i) => ({ row, utility: values[i] as number }))
    .sort((a, b) => b.utility - a.utility || a.row - b.row)
    .slice(0, wanted);
}

/**
 * The `count` rows of highest utility, best first, where utilities take few values: many rows are equal then, and taken by row
 * those of the first folders would come. Among equals the closest call of the head itself comes first.
 * @param utilities exact, in the order of `rows`
 */
export function firstOfEquals(view: PoolView, rows: Int32Array, utilities: Float64Array, count: number): Ranked[] {
  if (!view.exactProbabilities) throw new RangeError('This strategy needs a trained head.');
  const wanted = Math.min(count, rows.length);
  if (wanted === 0) return [];
  const cut = largest(utilities, wanted);
  const able = Array.from(rows, (_, i) => i).filter((i) => (utilities[i] as number) >= cut);
  const shortlist = Int32Array.from(able, (i) => rows[i] as number);
  const exact = view.exactProbabilities(shortlist);
  const call = closestCall(view);
  const classes = exact.length / shortlist.length;
  return able
    .map((i, at) => ({ row: rows[i] as number, utility: utilities[i] as number, doubt: call(exact, at, classes) }))
    .sort((a, b) => b.utility - a.utility || b.doubt - a.doubt || a.row - b.row)
    .slice(0, wanted)
    .map(({ row, utility }) => ({ row, utility }));
}

/** The `k`-th largest value, by selection (Hoare 1961, Algorithm 65: Find). */
function largest(values: Float64Array, k: number): number {
  const v = values.slice();
  const target = v.length - k;
  let [low, high] = [0, v.length - 1];
  while (low < high) {
    const pivot = v[(low + high) >> 1] as number;
    let [i, j] = [low, high];
    while (i <= j) {
      while ((v[i] as number) < pivot) i++;
      while ((v[j] as number) > pivot) j--;
      if (i > j) break;
      const held = v[i] as number;
      v[i] = v[j] as number;
      v[j] = held;
      i++;
      j--;
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  return v[target] as number;
}

/** The two most likely classes of a row by name, for reasons. */
export function topNames(view: PoolView, row: Row): { first: string; second: string; p1: number; p2: number } {
  const p = view.exactProbabilities?.(Int32Array.of(row)) ?? new Float64Array();
  const order = Array.from(p, (_, c) => c).sort((a, b) => (p[b] as number) - (p[a] as number) || a - b);
  const name = (i: number): string => view.classNames[order[i] ?? -1] ?? 'another class';
  return { first: name(0), second: name(1), p1: p[order[0] ?? 0] ?? 0, p2: p[order[1] ?? 0] ?? 0 };
}

/** Whether a strategy makes sense of a project's probabilities: where an item can have several, not all do. */
export function suits({ needsHead, readsSets = false }: Strategy, task: Task): boolean {
  return task === 'single' || !needsHead || readsSets;
}

/** How undecided the model is about a row: by its margin or, where an item can have several classes, over all of them. */
export function doubtOf({ thresholds }: PoolView): Utility {
  return thresholds ? (p, row) => meanDoubt(p, row, thresholds) : marginUncertainty;
}

/** The same by the closest call alone: the two best classes, or the class that is nearest to its threshold. */
export function closestCall({ thresholds }: PoolView): Utility {
  return thresholds ? (p, row) => nearestDoubt(p, row, thresholds) : marginUncertainty;
}

/** "rust (48 %) and mildew (31 %)": the classes that are nearest to their thresholds, at most two. */
export function openClasses(view: PoolView, row: Row): string {
  const p = view.exactProbabilities?.(Int32Array.of(row)) ?? new Float64Array();
  return Array.from(view.thresholds ?? [], (threshold, c) => ({ c, doubt: classDoubt(p[c] ?? 0, threshold) }))
    .sort((a, b) => b.doubt - a.doubt || a.c - b.c)
    .filter(({ doubt }, i) => i === 0 || (i === 1 && doubt >= CLOSE_CALL))
    .map(({ c }) => `${view.classNames[c] ?? 'a class'} (${percent(p[c] ?? 0)})`)
    .join(' and ');
}

/** A probability in words: "61 %". */
export function percent(p: number): string {
  return `${Math.round(p * 100)} %`;
}
