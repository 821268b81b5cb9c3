import type { Task } from '../domain/events.ts';
import { strategies } from '../strategies/index.ts';
import { suits } from '../strategies/shortlist.ts';
import type { Strategy } from '../strategies/strategy.ts';

export type QueryOption = Pick<Strategy, 'id' | 'name' | 'summary' | 'source' | 'needsGroups'>;

/** What can pick a batch once a model is there. */
export function queryOptions(task: Task): readonly QueryOption[] {
  return strategies.filter((s) => !s.needsGroups && suits(s, task));
}
/** What can pick while nothing is labelled. */
export const COLD_START_OPTIONS: readonly QueryOption[] = strategies.filter((s) => s.isColdStart);

/** The starts that this project can use, and the one that is set. */
export function coldStartOptions(
  set: string,
  has: Record<NonNullable<Strategy['needsGroups']>, boolean>,
): readonly QueryOption[] {
  return COLD_START_OPTIONS.filter((s) => !s.needsGroups || has[s.needsGroups] || s.id === set);
}
