import { marginUncertainty } from '../domain/uncertainty.ts';
import { mostUseful, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

/** Items this certain are never worth a place, whatever the noise. */
const FLOOR = 1e-9;

export default {
  id: 'power-margin',
  name: 'Margin with noise',
  summary: 'Draws items with a chance that grows with how close the two best classes are.',
  source: 'Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron and Gal 2023, Stochastic batch acquisition.',
  isColdStart: false,
  needsHead: true,
  select(view, count, random) {
    const all = mostUseful(view, view.candidates.length, marginUncertainty).sort((a, b) => a.row - b.row);
    const drawn = all
      // log score plus Gumbel noise: sampling without replacement in proportion to the score.
      .map(({ row, utility }) => ({
        row,
        own: utility,
        utility: Math.log(utility + FLOOR) - Math.log(-Math.log(1 - random.next() + Number.MIN_VALUE)),
      }))
      .sort((a, b) => b.utility - a.utility || a.row - b.row)
      .slice(0, count);
    return Promise.resolve(
      drawn.map(({ row, utility }) => {
        const { first, second } = topNames(view, row);
        return { row, utility, reason: `${first} or ${second}: drawn among the close calls.` };
      }),
    );
  },
} satisfies Strategy;
