import { marginUncertainty } from '../domain/uncertainty.ts';
import { mostUseful, percent, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'margin',
  name: 'Margin',
  summary: 'Picks the items where the two best classes are closest.',
  source: 'Scheffer, Decomain and Wrobel 2001, Active hidden Markov models for information extraction.',
  isColdStart: false,
  needsHead: true,
  select(view, count) {
    const picks = mostUseful(view, count, marginUncertainty).map(({ row, utility }) => {
      const top = topNames(view, row);
      return { row, utility, reason: `${top.first} or ${top.second}: ${percent(top.p1)} against ${percent(top.p2)}.` };
    });
    return Promise.resolve(picks);
  },
} satisfies Strategy;
