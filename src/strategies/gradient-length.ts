import type { Row } from '../domain/ids.ts';
import { ranked, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'gradient-length',
  name: 'Expected model change',
  summary: 'Picks the items whose label would move the model most, whichever label it is.',
  source: 'Settles, Craven and Ray 2007, Multiple-instance active learning (expected gradient length).',
  isColdStart: false,
  needsHead: true,
  select(view, count) {
    const { probabilities, exactProbabilities, embeddings, candidates } = view;
    if (!probabilities || !exactProbabilities) throw new RangeError('This strategy needs a trained head.');
    const classes = probabilities.cols;
    const rough = Float64Array.from(
      candidates,
      (row) => expectedLength(probabilities.data, row, classes) * inputLength(embeddings.data, row, embeddings.cols),
    );
    const picks = ranked(candidates, rough, count, (rows) => {
      const exact = exactProbabilities(rows);
      return Float64Array.from(
        rows,
        (row, i) => expectedLength(exact, i, classes) * inputLength(embeddings.data, row, embeddings.cols),
      );
    });
    return Promise.resolve(
      picks.map(({ row, utility }) => {
        const { first, second } = topNames(view, row);
        return { row, utility, reason: `Its label would change the model much, be it ${first} or ${second}.` };
      }),
    );
  },
} satisfies Strategy;

/** sum_c p_c |p - e_c|: the expected length of the logits' gradient under the model's own belief. */
function expectedLength(p: ArrayLike<number>, row: number, classes: number): number {
  const at = row * classes;
  let squared = 0;
  for (let c = 0; c < classes; c++) squared += (p[at + c] as number) ** 2;
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    const own = p[at + c] as number;
    sum += own * Math.sqrt(Math.max(0, squared - own * own + (1 - own) ** 2));
  }
  return sum;
}

/** Length of the row with the bias's constant 1. */
function inputLength(data: Float32Array, row: Row, dim: number): number {
  let squared = 1;
  for (let d = 0; d < dim; d++) squared += (data[row * dim + d] as number) ** 2;
  return Math.sqrt(squared);
}
