import { entropy } from '../domain/uncertainty.ts';
import { mostUseful, percent, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'entropy',
  name: 'Entropy',
  summary: 'Picks the items whose probabilities are spread over most classes.',
  source: 'Settles 2009, Active learning literature survey, section 3.1; Shannon 1948.',
  isColdStart: false,
  needsHead: true,
  select(view, count) {
    const picks = mostUseful(view, count, entropy).map(({ row, utility }) => {
      const top = topNames(view, row);
      return {
        row,
        utility,
        reason: `The model is undecided between several classes; ${top.first} leads with ${percent(top.p1)}.`,
      };
    });
    return Promise.resolve(picks);
  },
} satisfies Strategy;
