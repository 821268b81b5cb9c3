import { byDisagreement, voteEntropy } from './committee-measures.ts';
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
  select: byDisagreement(
    'bootstrap',
    MEMBERS,
    voteEntropy,
    (first, second) => `Eight models trained on slightly different labels do not agree: ${first} or ${second}.`,
  ),
} satisfies Strategy;
