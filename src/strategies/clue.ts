import { entropy } from '../domain/uncertainty.ts';
import type { Row } from '../domain/ids.ts';
import { representatives } from './diverse.ts';
import { mostUseful, topNames } from './shortlist.ts';
import type { Strategy, StrategyPick } from './strategy.ts';

/** Most uncertain items that are clustered; weights make the rest of a large pool count for next to nothing. */
const MOST_ROWS = 4000;

export default {
  id: 'clue',
  name: 'Uncertainty-weighted clusters',
  summary: 'Groups the pool, giving undecided items more weight, and picks the centre of each group.',
  source:
    'Prabhu, Chandrasekaran, Saenko and Hoffman 2021, Active domain adaptation via clustering uncertainty-weighted embeddings (CLUE).',
  isColdStart: false,
  needsHead: true,
  select(view, count, random, compute) {
    const shortlist = mostUseful(view, Math.max(MOST_ROWS, count), entropy);
    const weightOf = new Map<Row, number>(shortlist.map((r) => [r.row, r.utility]));
    const rows = Int32Array.from(shortlist, (r) => r.row).sort();
    const weights = Float64Array.from(rows, (row) => weightOf.get(row) ?? 0);
    const centres = representatives(view.embeddings, rows, count, random, compute, weights).map((r) => r.row);
    const taken = new Set(centres);
    const all = [...centres, ...shortlist.map((r) => r.row).filter((row) => !taken.has(row))].slice(0, count);
    const picks: StrategyPick[] = all.map((row) => {
      const { first, second } = topNames(view, row);
      const reason = taken.has(row)
        ? `The centre of a group of undecided items: ${first} or ${second}.`
        : `${first} or ${second}: among the most undecided items left.`;
      return { row, utility: weightOf.get(row) ?? 0, reason };
    });
    return Promise.resolve(picks.sort((a, b) => b.utility - a.utility || a.row - b.row));
  },
} satisfies Strategy;
