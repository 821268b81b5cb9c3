import { byDisagreement, meanDivergence, MOST_COMMITTEE_ROWS } from './committee-measures.ts';
import type { Strategy } from './strategy.ts';

const MEMBERS = 8;

export default {
  id: 'committee-kl',
  name: 'Committee divergence',
  summary: 'Asks eight models trained on reweighted labels and picks where their probabilities differ most.',
  source: 'McCallum and Nigam 1998, Employing EM and pool-based active learning for text classification.',
  isColdStart: false,
  needsHead: true,
  mostCandidates: MOST_COMMITTEE_ROWS,
  select: byDisagreement(
    'bootstrap',
    MEMBERS,
    meanDivergence,
    (first, second) => `Eight models trained on slightly different labels see this differently: ${first} or ${second}.`,
  ),
} satisfies Strategy;
