import { leastConfidence } from '../domain/uncertainty.ts';
import { mostUseful, percent, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'least-confidence',
  name: 'Least confidence',
  summary: 'Picks the items whose best class is least likely.',
  source: 'Lewis and Gale 1994, A sequential algorithm for training text classifiers.',
  isColdStart: false,
  needsHead: true,
  select(view, count) {
    const picks = mostUseful(view, count, leastConfidence).map(({ row, utility }) => {
      const top = topNames(view, row);
      return { row, utility, reason: `The best guess, ${top.first}, has only ${percent(top.p1)}.` };
    });
    return Promise.resolve(picks);
  },
} satisfies Strategy;
