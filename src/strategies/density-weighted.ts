import { entropy } from '../domain/uncertainty.ts';
import { meanOf } from './herding.ts';
import { ranked, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'density-weighted',
  name: 'Uncertainty times density',
  summary: 'Picks undecided items that lie where the pool is dense, not the odd ones out.',
  source:
    'Settles and Craven 2008, An analysis of active learning strategies for sequence labeling tasks (information density).',
  isColdStart: false,
  needsHead: true,
  select(view, count) {
    const { probabilities, exactProbabilities, embeddings, candidates } = view;
    if (!probabilities || !exactProbabilities) throw new RangeError('This strategy needs a trained head.');
    const { cols: dim, data } = embeddings;
    const classes = probabilities.cols;
    const mean = meanOf(embeddings, candidates);
    // The mean cosine similarity to the pool is one product with the mean row, as rows have unit length.
    const density = (row: number): number => {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += (data[row * dim + d] as number) * (mean[d] as number);
      return Math.max(0, (1 + sum) / 2);
    };
    const rough = Float64Array.from(candidates, (row) => entropy(probabilities.data, row, classes) * density(row));
    const picks = ranked(candidates, rough, count, (rows) => {
      const exact = exactProbabilities(rows);
      return Float64Array.from(rows, (row, i) => entropy(exact, i, classes) * density(row));
    });
    return Promise.resolve(
      picks.map(({ row, utility }) => {
        const { first, second } = topNames(view, row);
        return { row, utility, reason: `${first} or ${second}: undecided, and much like the rest of the pool.` };
      }),
    );
  },
} satisfies Strategy;
