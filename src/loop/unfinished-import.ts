import * as v from 'valibot';
import type { HintMode, TableChoice } from './import-items.ts';
import type { ImportJournal } from './storage-ports.ts';

/** What a person chose when a source was offered. */
export interface ImportChoice extends TableChoice {
  readonly hints: HintMode;
}

const column = v.pipe(v.number(), v.integer(), v.minValue(0));
const choice = v.object({
  hints: v.picklist(['none', 'labels', 'reference', 'start']),
  textColumn: column,
  idColumn: v.nullable(column),
  labelColumn: v.nullable(column),
  columns: v.optional(v.array(v.string())),
});

/** The latest import that was cut off. A later one of the same source goes on where an earlier one stopped, and stands for it. */
export function unfinishedImport(journals: readonly ImportJournal[]): ImportJournal | null {
  const latest = new Map<string, ImportJournal>();
  for (const journal of [...journals].sort((a, b) => a.startedAt - b.startedAt))
    latest.set(journal.sourceName, journal);
  return (
    [...latest.values()]
      .filter((j) => !j.isFinished)
      .sort((a, b) => a.startedAt - b.startedAt)
      .at(-1) ?? null
  );
}

/** What was chosen for an import; null where its journal does not say, as in a damaged one. */
export function choiceOf({ options }: ImportJournal): ImportChoice | null {
  const result = v.safeParse(choice, options);
  return result.success ? result.output : null;
}
