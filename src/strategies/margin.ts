import { closestCall, mostUseful, openClasses, percent, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'margin',
  name: 'Margin',
  summary:
    'Picks the items where the two best classes are closest; with several classes, where one is nearest to its threshold.',
  source:
    'Scheffer, Decomain and Wrobel 2001, Active hidden Markov models for information extraction; with several classes: Brinker 2006.',
  isColdStart: false,
  needsHead: true,
  readsSets: true,
  select(view, count) {
    const picks = mostUseful(view, count, closestCall(view)).map(({ row, utility }) => {
      if (view.thresholds) return { row, utility, reason: `Close to the line: ${openClasses(view, row)}.` };
      const top = topNames(view, row);
      return { row, utility, reason: `${top.first} or ${top.second}: ${percent(top.p1)} against ${percent(top.p2)}.` };
    });
    return Promise.resolve(picks);
  },
} satisfies Strategy;
