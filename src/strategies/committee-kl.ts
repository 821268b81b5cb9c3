import { exactDisagreement, meanDivergence, roughDisagreement } from './committee-measures.ts';
import { ranked, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

const MEMBERS = 8;

export default {
  id: 'committee-kl',
  name: 'Committee divergence',
  summary: 'Asks eight models trained on reweighted labels and picks where their probabilities differ most.',
  source: 'McCallum and Nigam 1998, Employing EM and pool-based active learning for text classification.',
  isColdStart: false,
  needsHead: true,
  async select(view, count) {
    if (!view.committee) throw new RangeError('This strategy needs a trained head.');
    const committee = await view.committee('bootstrap', MEMBERS);
    const rough = roughDisagreement(committee, view.candidates, meanDivergence);
    const picks = ranked(view.candidates, rough, count, (rows) => exactDisagreement(committee, rows, meanDivergence));
    return picks.map(({ row, utility }) => {
      const { first, second } = topNames(view, row);
      return {
        row,
        utility,
        reason: `Eight models trained on slightly different labels see this differently: ${first} or ${second}.`,
      };
    });
  },
} satisfies Strategy;
