import { exactDisagreement, meanDivergence, roughDisagreement } from './committee-measures.ts';
import { ranked, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

const MEMBERS = 20;

export default {
  id: 'bald',
  name: 'BALD',
  summary: 'Picks items on which each model is sure but the models contradict each other.',
  source:
    'Houlsby, Huszar, Ghahramani and Lengyel 2011, Bayesian active learning for classification; here on 20 input-dropout heads (Gal, Islam and Ghahramani 2017).',
  isColdStart: false,
  needsHead: true,
  async select(view, count) {
    if (!view.committee) throw new RangeError('This strategy needs a trained head.');
    const committee = await view.committee('dropout', MEMBERS);
    const rough = roughDisagreement(committee, view.candidates, meanDivergence);
    const picks = ranked(view.candidates, rough, count, (rows) => exactDisagreement(committee, rows, meanDivergence));
    return picks.map(({ row, utility }) => {
      const { first, second } = topNames(view, row);
      return {
        row,
        utility,
        reason: `With parts of its input hidden the model changes between ${first} and ${second}.`,
      };
    });
  },
} satisfies Strategy;
