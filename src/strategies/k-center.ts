import type { Row } from '../domain/ids.ts';
import type { Matrix, Strategy, StrategyPick } from './strategy.ts';

/** Squared distances closer than this are a tie, which goes to the lower row. */
const TIE = 1e-9;
/** Labelled rows whose distances are taken; the latest say most about what is covered. */
const MOST_LABELLED = 500;

export default {
  id: 'k-center',
  name: 'Core set',
  summary: 'Picks the items farthest from everything labelled so far, one after another.',
  source:
    'Sener and Savarese 2018, Active learning for convolutional neural networks: a core-set approach (k-center greedy).',
  isColdStart: true,
  needsHead: false,
  select({ embeddings, candidates, labelledRows }, count) {
    const nearest = new Float64Array(candidates.length).fill(Infinity);
    for (const row of labelledRows.slice(-MOST_LABELLED)) shorten(embeddings, candidates, row, nearest);
    const picks: StrategyPick[] = [];
    const isTaken = new Uint8Array(candidates.length);
    while (picks.length < Math.min(count, candidates.length)) {
      let best = -1;
      for (let i = 0; i < candidates.length; i++) {
        if (isTaken[i] === 1) continue;
        if (best < 0 || (nearest[i] as number) > (nearest[best] as number) + TIE) best = i;
      }
      const row = candidates[best] as Row;
      const squared = nearest[best] as number;
      isTaken[best] = 1;
      // With nothing labelled the first pick is the first row; as far from nothing as unit rows can be.
      const utility = Number.isFinite(squared) ? Math.sqrt(squared) : 2;
      const last = picks.at(-1)?.utility ?? Infinity;
      const reason = Number.isFinite(squared)
        ? 'The farthest item from everything labelled or picked so far.'
        : 'The first item: the others are picked by their distance from it.';
      picks.push({ row, utility: Math.min(utility, last), reason });
      shorten(embeddings, candidates, row, nearest);
    }
    return Promise.resolve(picks);
  },
} satisfies Strategy;

/** Lowers each candidate's squared distance to that to `centre`. */
function shorten({ data, cols }: Matrix, candidates: Int32Array, centre: Row, nearest: Float64Array): void {
  const own = data.subarray(centre * cols, (centre + 1) * cols);
  for (let i = 0; i < candidates.length; i++) {
    const from = (candidates[i] as number) * cols;
    let sum = 0;
    for (let d = 0; d < cols; d++) sum += ((data[from + d] as number) - (own[d] as number)) ** 2;
    if (sum < (nearest[i] as number)) nearest[i] = sum;
  }
}
