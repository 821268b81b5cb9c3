import { byDivergence, MOST_COMMITTEE_ROWS } from './committee-measures.ts';
import type { Strategy } from './strategy.ts';

const MEMBERS = 8;

export default {
  id: 'committee-kl',
  name: 'Committee divergence',
  summary: 'Asks eight models trained on reweighted labels and picks where their probabilities differ most.',
  source:
    'McCallum and Nigam 1998, Employing EM and pool-based active learning for text classification. With several classes per item the mean over the classes (Esuli and Sebastiani 2009).',
  isColdStart: false,
  needsHead: true,
  mostCandidates: MOST_COMMITTEE_ROWS,
  readsSets: true,
  select: byDivergence('bootstrap', MEMBERS, {
    one: (first, second) =>
      `Eight models trained on slightly different labels see this differently: ${first} or ${second}.`,
    several: (names) =>
      `Eight models trained on slightly different labels see this differently. The model is least sure of ${names}.`,
  }),
} satisfies Strategy;
