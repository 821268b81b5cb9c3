import type { Task } from '../domain/events.ts';
import { strategies } from '../strategies/index.ts';
import { suits } from '../strategies/shortlist.ts';

export interface QueryOption {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly source: string;
}

/** What can pick a batch once a model is there. */
export function queryOptions(task: Task): readonly QueryOption[] {
  return strategies.filter((s) => suits(s, task));
}
/** What can pick while nothing is labelled. */
export const COLD_START_OPTIONS: readonly QueryOption[] = strategies.filter((s) => s.isColdStart);
