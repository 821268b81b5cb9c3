import type { Strategy } from '../strategy.ts';
import classQuota from './class-quota.ts';
import nearDuplicates from './near-duplicates.ts';
import outliers from './outliers.ts';
import subsample from './subsample.ts';
import type { GuardRequest, Select, Wrapper } from './wrapper.ts';

/**
 * From the strategy outwards. Quotas come last: they ask for what is missing, and what they get has passed the filters.
 * Candidates are sampled first, so that a quota's few candidates are never thinned out before it sees them.
 */
export const WRAPPERS: readonly Wrapper[] = [subsample, outliers, nearDuplicates, classQuota];

export const UNGUARDED: GuardRequest = { nearDuplicates: null, skipsOutliers: false, quotas: [] };

/** The strategy's `select` inside the wrappers that the guards ask for. */
export function guarded(strategy: Strategy, guards: GuardRequest = UNGUARDED): Select {
  const plain: Select = (view, count, random, compute) => strategy.select(view, count, random, compute);
  return WRAPPERS.reduce((inner, wrapper) => wrapper.wrap(inner, guards, strategy) ?? inner, plain);
}
