import { MOST_COMMITTEE_ROWS, reasonOf, votesOf, type Reasons } from './committee-measures.ts';
import { firstOfEquals } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

const MEMBERS = 8;

const SPLIT: Reasons = {
  one: (first, second) => `Eight models trained on slightly different labels do not agree: ${first} or ${second}.`,
  several: (names) =>
    `Eight models trained on slightly different labels do not agree. The model is least sure of ${names}.`,
};
const AGREED: Reasons = {
  one: () => 'Eight models give this one class, as they do with every item left.',
  several: () => 'Eight models agree on every class of this one, as they do with every item left.',
};

export default {
  id: 'vote-entropy',
  name: 'Committee vote',
  summary: 'Asks eight models trained on reweighted labels and picks where their votes differ most.',
  source:
    'Engelson and Dagan 1996, Minimizing manual annotation cost in supervised training from corpora; committee by Bayesian bootstrap (Rubin 1981). With several classes per item the mean over the classes (Esuli and Sebastiani 2009).',
  isColdStart: false,
  needsHead: true,
  mostCandidates: MOST_COMMITTEE_ROWS,
  readsSets: true,
  async select(view, count) {
    if (!view.committee) throw new RangeError('This strategy needs a trained head.');
    const { candidates, thresholds = null } = view;
    const utilities = await votesOf(await view.committee('bootstrap', MEMBERS), candidates, count, thresholds);
    const picks = firstOfEquals(view, candidates, utilities, count);
    return picks.map(({ row, utility }) => ({
      row,
      utility,
      reason: reasonOf(view, row, utility > 0 ? SPLIT : AGREED),
    }));
  },
} satisfies Strategy;
