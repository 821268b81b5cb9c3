import { DEFAULT_SETTINGS, type EventDraft } from '../domain/events.ts';
import type { ProjectState, RoundState } from '../domain/fold.ts';
import { findClass } from '../domain/schema.ts';
import type { Item } from '../domain/item.ts';
import type { Learner } from './ports.ts';
import { strategyById } from '../strategies/index.ts';
import { suits } from '../strategies/shortlist.ts';
import { hasContrast, type TrainingSet } from './training-set.ts';

/**
 * Asks the strategy for the rest of a round's batch. While no class can be told from its absence nothing is uncertain
 * yet, so the cold start goes on. The learner must hold the head of `state.activeModel`.
 */
export async function selectBatch(
  state: ProjectState,
  round: RoundState,
  pool: readonly Item[],
  items: readonly Item[],
  set: TrainingSet,
  learner: Learner,
): Promise<EventDraft> {
  const isCold = !hasContrast(set) || state.activeModel === null;
  const strategy = isCold ? state.settings.coldStart : suitable(state);
  const count = Math.min(round.size - round.picks.length, pool.length);
  const { picks } =
    count <= 0
      ? { picks: [] }
      : await learner.select({
          strategy,
          count,
          seed: round.seed,
          candidates: Int32Array.from(pool, (item) => item.row),
          labelledRows: set.rows,
          labels: set.labels,
          classNames: set.classes.map((id) => findClass(state.schema, id)?.name ?? ''),
        });
  return {
    kind: 'batch-selected',
    round: round.round,
    strategy,
    modelVersion: isCold ? null : (state.activeModel?.version ?? null),
    picks: picks.flatMap((p) => {
      const item = items[p.row];
      return item ? [{ item: item.id, strategy, utility: p.utility, reason: p.reason }] : [];
    }),
  };
}

/** The chosen strategy, or the default one where it makes no sense of the project's probabilities. */
function suitable({ settings, task }: ProjectState): string {
  const chosen = strategyById(settings.strategy);
  return chosen && !suits(chosen, task) ? DEFAULT_SETTINGS.strategy : settings.strategy;
}
