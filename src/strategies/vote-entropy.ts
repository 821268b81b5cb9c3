import { exactDisagreement, voteEntropy, roughDisagreement } from './committee-measures.ts';
import { ranked, topNames } from './shortlist.ts';
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
  async select(view, count) {
    if (!view.committee) throw new RangeError('This strategy needs a trained head.');
    const committee = await view.committee('bootstrap', MEMBERS);
    const rough = roughDisagreement(committee, view.candidates, voteEntropy);
    const picks = ranked(view.candidates, rough, count, (rows) => exactDisagreement(committee, rows, voteEntropy));
    return picks.map(({ row, utility }) => {
      const { first, second } = topNames(view, row);
      return {
        row,
        utility,
        reason: `Eight models trained on slightly different labels do not agree: ${first} or ${second}.`,
      };
    });
  },
} satisfies Strategy;
