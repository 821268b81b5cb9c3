import type { Row } from '../../domain/ids.ts';
import { topTwo } from '../../domain/uncertainty.ts';
import { mostUseful, percent } from '../shortlist.ts';
import type { PoolView, StrategyPick } from '../strategy.ts';
import type { Wrapper } from './wrapper.ts';

/** Backends' float32 probabilities differ by far less than this; closer calls are decided by exact ones. */
const CLOSE_CALL = 5e-5;
/** When too few items look like the class, the strategy chooses among this many of the likeliest per missing place. */
const LIKELIEST_PER_PLACE = 5;

/**
 * At least so many items of each batch that the model takes for a class. The strategy picks them too; they take the
 * places of its least useful picks. Needs a head that knows the class; without one nothing changes.
 */
export default {
  id: 'class-quota',
  wrap(inner, { quotas }) {
    if (quotas.length === 0) return null;
    return async (view, count, random, compute) => {
      let picks = await inner(view, count, random, compute);
      if (!view.probabilities) return picks;
      const looksLike = likeness(view);
      /** Rows that a quota counts on. */
      const counted = new Set<Row>();
      for (const { column, atLeast } of quotas) {
        if (column < 0 || column >= view.probabilities.cols) continue;
        const wanted = Math.min(atLeast, count - counted.size);
        const own = picks.filter((p) => !counted.has(p.row) && looksLike(p.row, column)).slice(0, wanted);
        own.forEach((p) => counted.add(p.row));
        const missing = Math.min(wanted, view.candidates.length) - own.length;
        if (missing <= 0) continue;
        const taken = new Set(picks.map((p) => p.row));
        const batchRows = Int32Array.from([...(view.batchRows ?? []), ...taken]);
        const free = view.candidates.filter((row) => !taken.has(row));
        const added: StrategyPick[] = [];
        const add = async (candidates: Int32Array, label: string): Promise<void> => {
          if (candidates.length === 0 || added.length === missing) return;
          const stream = random.fork(`quota ${column} ${label}`);
          added.push(...(await inner({ ...view, candidates, batchRows }, missing - added.length, stream, compute)));
        };
        await add(
          free.filter((row) => looksLike(row, column)),
          'predicted',
        );
        await add(likeliest(view, free, column, (missing - added.length) * LIKELIEST_PER_PLACE, added), 'likeliest');
        const withReason = added.map((p) => explained(view, p, column, atLeast));
        withReason.forEach((p) => counted.add(p.row));
        picks = [...withLeastUsefulDropped(picks, counted, count - added.length), ...withReason];
      }
      return [...picks].sort((a, b) => b.utility - a.utility);
    };
  },
} satisfies Wrapper;

/** Whether the head takes a row for the class of a column, where classes are independent for one of its classes; of a tie the lower one. */
export function likeness(view: PoolView): (row: Row, column: number) => boolean {
  const { probabilities, exactProbabilities, thresholds } = view;
  if (!probabilities || !exactProbabilities) return () => false;
  const { data, cols } = probabilities;
  if (thresholds) {
    return (row, column) => {
      const lead = (data[row * cols + column] as number) - (thresholds[column] as number);
      if (Math.abs(lead) > CLOSE_CALL) return lead > 0;
      return (exactProbabilities(Int32Array.of(row))[column] as number) >= (thresholds[column] as number);
    };
  }
  return (row, column) => {
    const { first, second, firstClass, secondClass } = topTwo(data, row, cols);
    if (secondClass < 0 || first - second > CLOSE_CALL) return firstClass === column;
    return topTwo(exactProbabilities(Int32Array.of(row)), 0, cols).firstClass === column;
  };
}

/** The rows most likely of the class among those that are free and not added, ascending. */
function likeliest(
  view: PoolView,
  free: Int32Array,
  column: number,
  count: number,
  added: readonly StrategyPick[],
): Int32Array {
  if (count <= 0) return new Int32Array();
  const isAdded = new Set(added.map((p) => p.row));
  const candidates = free.filter((row) => !isAdded.has(row));
  const ranked = mostUseful({ ...view, candidates }, count, (p, row, classes) => p[row * classes + column] as number);
  return Int32Array.from(ranked, (r) => r.row).sort();
}

function explained(view: PoolView, pick: StrategyPick, column: number, atLeast: number): StrategyPick {
  const name = view.classNames[column] ?? 'this class';
  const p = view.exactProbabilities?.(Int32Array.of(pick.row))[column] ?? 0;
  const reason = `Taken because you want at least ${atLeast} like ${name} in each batch (${percent(p)} likely). ${pick.reason}`;
  return { ...pick, reason };
}

/** The first `most` picks, but every one that a quota counts on. */
function withLeastUsefulDropped(
  picks: readonly StrategyPick[],
  counted: ReadonlySet<Row>,
  most: number,
): StrategyPick[] {
  let spare = Math.max(0, picks.length - most);
  return [...picks]
    .reverse()
    .filter((p) => {
      if (spare === 0 || counted.has(p.row)) return true;
      spare--;
      return false;
    })
    .reverse();
}
