import { MOST_COMMITTEE_ROWS, votesOf } from './committee-measures.ts';
import { topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

const MEMBERS = 8;

export default {
  id: 'vote-entropy',
  name: 'Committee vote',
  summary: 'Asks eight models trained on reweighted labels and picks where their votes differ most.',
  source:
    'Engelson and Dagan 1996, Minimizing manual annotation cost in supervised training from corpora; committee by Bayesian bootstrap (Rubin 1981).',
  isColdStart: false,
  needsHead: true,
  mostCandidates: MOST_COMMITTEE_ROWS,
  async select(view, count) {
    if (!view.committee) throw new RangeError('This strategy needs a trained head.');
    const { candidates } = view;
    const utilities = await votesOf(await view.committee('bootstrap', MEMBERS), candidates, count);
    const picks = Array.from(candidates, (row, i) => ({ row, utility: utilities[i] as number }))
      .sort((a, b) => b.utility - a.utility || a.row - b.row)
      .slice(0, count);
    return picks.map(({ row, utility }) => {
      const { first, second } = topNames(view, row);
      return {
        row,
        utility,
        reason:
          utility > 0
            ? `Eight models trained on slightly different labels do not agree: ${first} or ${second}.`
            : 'Eight models give this one class, as they do with every item left.',
      };
    });
  },
} satisfies Strategy;
