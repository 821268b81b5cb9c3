import { DEFAULT_SETTINGS, type EventDraft } from '../domain/events.ts';
import type { ProjectState, RoundState } from '../domain/project-state.ts';
import { NO_GUARDS, type Guards } from '../domain/guards.ts';
import { findClass } from '../domain/schema.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed } from '../domain/random.ts';
import { strategyById } from '../strategies/index.ts';
import { suits } from '../strategies/shortlist.ts';
import type { ItemGroup } from '../strategies/strategy.ts';
import type { GuardRequest } from '../strategies/wrappers/wrapper.ts';
import type { Learner, Selection, SelectRequest } from './learner-ports.ts';
import { hasContrast, isBalanced, modelOf, type TrainingSet } from './training-set.ts';

/** Which strategy picks next. While no class can be told from its absence nothing is uncertain yet, so the cold start goes on. */
export function nextStrategy(state: ProjectState, set: TrainingSet): { strategy: string; isCold: boolean } {
  const isCold = !hasContrast(set) || state.activeModel === null;
  return { strategy: isCold ? state.settings.coldStart : suitable(state), isCold };
}

/**
 * Asks the strategy for the rest of a round's batch. The learner must hold the head of `state.activeModel`.
 * @param groups guesses for a cold start that spreads over them @param helpers rows that helped to train the head
 */
export async function selectBatch(
  state: ProjectState,
  round: RoundState,
  pool: readonly Item[],
  items: readonly Item[],
  set: TrainingSet,
  learner: Learner,
  groups: readonly ItemGroup[] = [],
  helpers: Int32Array = new Int32Array(),
): Promise<EventDraft> {
  const { strategy, isCold } = nextStrategy(state, set);
  const count = Math.min(round.size - round.picks.length, pool.length);
  const inBatch = new Set(round.picks.map((p) => p.item));
  const request = (): SelectRequest => ({
    strategy,
    count,
    seed: round.seed,
    candidates: Int32Array.from(pool, (item) => item.row),
    labelledRows: set.rows,
    labels: set.labels,
    ...(set.targets && { targets: set.targets }),
    classNames: set.classes.map((id) => findClass(state.schema, id)?.name ?? ''),
    batchRows: Int32Array.from(
      items.filter((item) => inBatch.has(item.id)),
      (item) => item.row,
    ),
    namedClasses: state.schema.classes.filter((c) => !c.isHidden).length,
    groups,
    ...(!isCold && temperatureRequest(state, helpers)),
    guards: guardRequest(state.settings.guards ?? NO_GUARDS, isCold ? [] : set.classes),
  });
  const { picks, temperature = 1 }: Pick<Selection, 'picks' | 'temperature'> =
    count <= 0 ? { picks: [] } : await learner.select(request());
  return {
    kind: 'batch-selected',
    round: round.round,
    strategy,
    modelVersion: isCold ? null : (state.activeModel?.version ?? null),
    ...(temperature !== 1 && { temperature }),
    picks: picks.flatMap((p) => {
      const item = items[p.row];
      return item ? [{ item: item.id, strategy, utility: p.utility, reason: p.reason }] : [];
    }),
  };
}

/** What cross-validating the temperature takes, where the project asks for it: the request that trained the head. */
function temperatureRequest(state: ProjectState, pool: Int32Array): Pick<SelectRequest, 'temperature'> {
  if (state.settings.queryTemperature !== 'cross-validated' || state.task === 'multi') return {};
  return {
    temperature: { seed: hashSeed(state.seed, 'train'), pool, isBalanced: isBalanced(state), model: modelOf(state) },
  };
}

/** The guards for a head with these classes; quotas of other classes wait until those have a label. */
function guardRequest(
  { nearDuplicates, skipsOutliers, quotas }: Guards,
  classes: TrainingSet['classes'],
): GuardRequest {
  const known = quotas.map(({ classId, atLeast }) => ({ column: classes.indexOf(classId), atLeast }));
  return { nearDuplicates, skipsOutliers, quotas: known.filter((q) => q.column >= 0) };
}

/** The chosen strategy, or the default one where it makes no sense of the project's probabilities. */
function suitable({ settings, task }: ProjectState): string {
  const chosen = strategyById(settings.strategy);
  return chosen && !suits(chosen, task) ? DEFAULT_SETTINGS.strategy : settings.strategy;
}
