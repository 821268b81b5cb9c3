import { representatives } from './diverse.ts';
import type { Strategy, StrategyPick } from './strategy.ts';

/** Larger pools are thinned out evenly at random first: representatives hardly change and the cost stays flat. */
const MOST_ROWS = 2000;

export default {
  id: 'cold-kmeans',
  name: 'Representative start',
  summary: 'Needs no labels: groups the pool and picks the most typical item of each group.',
  source: 'Xu, Yu, Tresp, Xu and Wang 2003, Representative sampling for text classification.',
  isColdStart: true,
  needsHead: false,
  select(view, count, random, compute) {
    const thinned =
      view.candidates.length <= MOST_ROWS
        ? view.candidates
        : random.fork('thin').shuffle(Int32Array.from(view.candidates)).slice(0, MOST_ROWS).sort();
    const picks: StrategyPick[] = representatives(view.embeddings, thinned, count, random, compute).map(
      ({ row, clusterSize }) => ({
        row,
        utility: clusterSize,
        reason: `The most typical of about ${Math.round((clusterSize * view.candidates.length) / thinned.length)} similar items.`,
      }),
    );
    const taken = new Set(picks.map((p) => p.row));
    const rest = random.fork('fill').shuffle(view.candidates.filter((row) => !taken.has(row)));
    for (const row of rest.slice(0, Math.max(0, count - picks.length))) {
      picks.push({ row, utility: 0, reason: 'Drawn at random: the pool has fewer groups than the batch has places.' });
    }
    return Promise.resolve(picks);
  },
} satisfies Strategy;
