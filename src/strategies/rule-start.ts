import { spreadStart } from './spread-start.ts';
import type { Strategy } from './strategy.ts';

export default {
  id: 'rule-start',
  name: 'Spread over your rules',
  summary: 'Takes typical texts that your rules hit, spread over the classes, and some that no rule hits.',
  source:
    'Neyman 1934, On the two different aspects of the representative method (stratified sampling); rules as in Ratner et al. 2017, Snorkel, but to pick texts, never to label them.',
  isColdStart: true,
  needsHead: false,
  needsGroups: 'rules',
  select: (view, count, random, compute) =>
    spreadStart(view, count, random, compute, {
      inGroup: (name) => `A rule of yours for ${name} hits it, and it is typical of what the rules for ${name} hit.`,
      free: 'No rule hits it; it is typical of the texts that the rules miss.',
    }),
} satisfies Strategy;
