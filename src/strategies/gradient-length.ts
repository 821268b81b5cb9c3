import { sampleRows } from './herding.ts';
import { lastInputsOf, squaredInput, type Inputs } from './last-inputs.ts';
import { ranked, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

/** The units of a hidden layer are computed exactly for each: larger pools are thinned out at random first. */
const MOST_HIDDEN_ROWS = 20_000;

export default {
  id: 'gradient-length',
  name: 'Expected model change',
  summary: 'Picks the items whose label would move the model most, whichever label it is.',
  source: 'Settles, Craven and Ray 2007, Multiple-instance active learning (expected gradient length).',
  isColdStart: false,
  needsHead: true,
  select(view, count, random) {
    const { probabilities, exactProbabilities } = view;
    if (!probabilities || !exactProbabilities) throw new RangeError('This strategy needs a trained head.');
    const classes = probabilities.cols;
    const candidates = view.lastInputs
      ? sampleRows(view.candidates, Math.max(MOST_HIDDEN_ROWS, count), random.fork('thin'))
      : view.candidates;
    const all = lastInputsOf(view, candidates);
    const rough = Float64Array.from(
      candidates,
      (row, i) => expectedLength(probabilities.data, row, classes) * inputLength(all, i),
    );
    const picks = ranked(candidates, rough, count, (rows) => {
      const exact = exactProbabilities(rows);
      const inputs = lastInputsOf(view, rows);
      return Float64Array.from(rows, (_, i) => expectedLength(exact, i, classes) * inputLength(inputs, i));
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

/** Length of what the last layer reads of a row, with the bias's constant 1. */
function inputLength(inputs: Inputs, i: number): number {
  return Math.sqrt(1 + squaredInput(inputs, i));
}
