import { marginUncertainty } from '../domain/uncertainty.ts';
import type { Row } from '../domain/ids.ts';
import type { Random } from '../domain/random.ts';
import { topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

/** Items this certain are never worth a place, whatever the noise. */
const FLOOR = 1e-9;
/** Backends differ by far less than this in a margin. */
const SLACK = 1e-4;
/** Half of the smallest step of a 32-bit uniform number. */
const HALF_STEP = 2 ** -33;

export default {
  id: 'power-margin',
  name: 'Margin with noise',
  summary: 'Draws items with a chance that grows with how close the two best classes are.',
  source: 'Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron and Gal 2023, Stochastic batch acquisition.',
  isColdStart: false,
  needsHead: true,
  select(view, count, random) {
    const { probabilities, exactProbabilities, candidates } = view;
    if (!probabilities || !exactProbabilities) throw new RangeError('This strategy needs a trained head.');
    const classes = probabilities.cols;
    // log score plus Gumbel noise: sampling without replacement in proportion to the score.
    const noise = Float64Array.from(candidates, () => gumbel(random));
    const score = (u: number, i: number): number => Math.log(Math.max(0, u) + FLOOR) + (noise[i] as number);
    const rough = Float64Array.from(candidates, (row) => marginUncertainty(probabilities.data, row, classes));
    // The logarithm of a small score magnifies rounding, so the cut is taken from bounds on both sides.
    const lower = Float64Array.from(rough, (u, i) => score(u - SLACK, i)).sort();
    const cut = lower[Math.max(0, lower.length - count)] ?? -Infinity;
    const near = candidates.map((_, i) => i).filter((i) => score((rough[i] as number) + SLACK, i) >= cut);
    const rows = near.map((i) => candidates[i] as Row);
    const exact = exactProbabilities(rows);
    const drawn = Array.from(near, (i, at) => ({
      row: rows[at] as Row,
      utility: score(marginUncertainty(exact, at, classes), i),
    }));
    return Promise.resolve(
      drawn
        .sort((a, b) => b.utility - a.utility || a.row - b.row)
        .slice(0, count)
        .map(({ row, utility }) => {
          const { first, second } = topNames(view, row);
          return { row, utility, reason: `${first} or ${second}: drawn among the close calls.` };
        }),
    );
  },
} satisfies Strategy;

/** Standard Gumbel noise. The uniform number is kept off 0, where the noise is infinite. */
function gumbel(random: Random): number {
  return -Math.log(-Math.log((random.next() + HALF_STEP) / (1 + 2 * HALF_STEP)));
}
