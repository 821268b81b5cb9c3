import { spreadStart } from './spread-start.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'zero-shot-start',
  name: 'Spread over class names',
  summary: 'Takes items that resemble the name and guideline of each class, and some that resemble none much.',
  source:
    'Radford et al. 2021, Learning transferable visual models from natural language supervision (zero-shot scores), here to pick items, never to label them; spread as by Neyman 1934.',
  isColdStart: true,
  needsHead: false,
  needsGroups: 'names',
  select: (view, count, random, compute) =>
    spreadStart(view, count, random, compute, {
      inGroup: (name) => `Closest to your words for ${name}.`,
      free: 'Not among the items that are closest to a class name; it is typical of the rest.',
    }),
} satisfies Strategy;
