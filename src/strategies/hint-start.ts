import { spreadStart } from './spread-start.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'hint-start',
  name: 'Spread over the names in the data',
  summary: 'Takes typical items of each name that came with the data, and some without a name.',
  source:
    'Neyman 1934, On the two different aspects of the representative method (stratified sampling); typical items by MaxHerding.',
  isColdStart: true,
  needsHead: false,
  needsGroups: 'hints',
  select: (view, count, random, compute) =>
    spreadStart(view, count, random, compute, {
      inGroup: (name) => `The data calls it ${name}, and it is typical of the items of that name.`,
      free: 'Typical of the items that came without a name.',
    }),
} satisfies Strategy;
