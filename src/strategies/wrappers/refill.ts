import type { Row } from '../../domain/ids.ts';
import type { StrategyPick } from '../strategy.ts';
import type { JudgeMaker, Select } from './wrapper.ts';

/** A strategy is asked for up to this many times what is missing. */
const MOST_EXTRA = 8;

/**
 * Asks a strategy again until its picks pass the judge. The first answer is the strategy's own, so that where nothing is
 * refused nothing changes. What was refused fills the batch only when nothing else is left.
 */
export function refilled(inner: Select, makeJudge: JudgeMaker): Select {
  return async (view, count, random, compute) => {
    const judge = await makeJudge(view, random, compute);
    const kept: StrategyPick[] = [];
    const rows: Row[] = [];
    let left = view.candidates;
    for (let attempt = 0; kept.length < count && left.length > 0; attempt++) {
      const wanted = Math.min(left.length, (count - kept.length) * Math.min(MOST_EXTRA, 2 ** attempt));
      const stream = attempt === 0 ? random : random.fork(`attempt ${attempt}`);
      const seen = new Set<Row>();
      let isRefused = false;
      const picks = await inner({ ...view, candidates: left }, wanted, stream, compute);
      await judge.look(Int32Array.from(picks, (p) => p.row));
      for (const pick of picks) {
        if (kept.length === count) break;
        seen.add(pick.row);
        if (judge.accepts(pick.row, rows)) {
          kept.push(pick);
          rows.push(pick.row);
        } else isRefused = true;
      }
      if (seen.size === 0) break;
      left = left.filter((row) => !seen.has(row));
      if (isRefused && kept.length < count) left = await judge.prune(left, attempt);
    }
    if (kept.length < Math.min(count, view.candidates.length)) {
      const taken = new Set(rows);
      const rest = { ...view, candidates: view.candidates.filter((row) => !taken.has(row)) };
      kept.push(...(await inner(rest, count - kept.length, random.fork('fill'), compute)));
    }
    // The sort is stable: what the strategy holds equal stays in its order.
    return kept.sort((a, b) => b.utility - a.utility);
  };
}
