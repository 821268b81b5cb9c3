import { byDivergence, MOST_COMMITTEE_ROWS } from './committee-measures.ts';
import type { Strategy } from './strategy.ts';

const MEMBERS = 20;

export default {
  id: 'bald',
  name: 'BALD',
  summary: 'Picks items on which each model is sure but the models contradict each other.',
  source:
    'Houlsby, Huszar, Ghahramani and Lengyel 2011, Bayesian active learning for classification; here on 20 input-dropout heads (Gal, Islam and Ghahramani 2017). With several classes per item the mean over the classes (Esuli and Sebastiani 2009).',
  isColdStart: false,
  needsHead: true,
  mostCandidates: MOST_COMMITTEE_ROWS,
  readsSets: true,
  select: byDivergence('dropout', MEMBERS, {
    one: (first, second) => `With parts of its input hidden the model changes between ${first} and ${second}.`,
    several: (names) => `With parts of its input hidden the model changes its mind. It is least sure of ${names}.`,
  }),
} satisfies Strategy;
