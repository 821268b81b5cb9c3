import { strategies } from '../strategies/index.ts';

export interface QueryOption {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly source: string;
}

/** What can pick a batch once a model is there. */
export const QUERY_OPTIONS: readonly QueryOption[] = strategies;
/** What can pick while nothing is labelled. */
export const COLD_START_OPTIONS: readonly QueryOption[] = strategies.filter((s) => s.isColdStart);
