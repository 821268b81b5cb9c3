import { meanBinaryEntropy } from '../domain/set-uncertainty.ts';
import { entropy } from '../domain/uncertainty.ts';
import { mostUseful, openClasses, percent, topNames } from './shortlist.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'entropy',
  name: 'Entropy',
  summary: 'Picks the items whose probabilities are spread over most classes.',
  source:
    'Settles 2009, Active learning literature survey, section 3.1; Shannon 1948; mean over classes: Esuli and Sebastiani 2009.',
  isColdStart: false,
  needsHead: true,
  readsSets: true,
  select(view, count) {
    const picks = mostUseful(view, count, view.thresholds ? meanBinaryEntropy : entropy).map(({ row, utility }) => {
      if (view.thresholds)
        return { row, utility, reason: `Open in several respects, most of all ${openClasses(view, row)}.` };
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
