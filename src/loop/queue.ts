import type { Pick } from '../domain/events.ts';
import { isHeldOut, type ProjectState, type RoundState } from '../domain/project-state.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';

/** True once a person (or the import) has said something about the item: it is labelled or skipped. */
export function isDecided(state: ProjectState, item: ItemId): boolean {
  return state.labels.has(item) || state.skips.has(item);
}

/** Picks of a round that can train: a pick that has become held out since, or nearly the same as such, is none any more. */
export function standingPicks(state: ProjectState, round: RoundState): readonly Pick[] {
  return round.picks.filter((p) => !isHeldOut(state, p.item) && !state.excluded.has(p.item));
}

/** The first round that still has an undecided pick, else the last round, else null. */
export function openRound(state: ProjectState): RoundState | null {
  const open = state.rounds.find((r) => standingPicks(state, r).some((p) => !isDecided(state, p.item)));
  return open ?? state.rounds.at(-1) ?? null;
}

/** Undecided picks of every round, oldest round first: what is to be labelled next. */
export function batchQueue(state: ProjectState): { round: RoundState; pick: Pick }[] {
  return state.rounds.flatMap((round) =>
    standingPicks(state, round)
      .filter((p) => !isDecided(state, p.item))
      .map((pick) => ({ round, pick })),
  );
}

/** Test items without a label: undecided ones as they were drawn, then those that were skipped, the longest ago first. */
export function testQueue(state: ProjectState): ItemId[] {
  return unlabelled(state, state.test);
}

/** Calibration items without a label, in the same order. */
export function calibrationQueue(state: ProjectState): ItemId[] {
  return unlabelled(state, state.calibration);
}

function unlabelled({ labels, skips }: ProjectState, ids: ReadonlySet<ItemId>): ItemId[] {
  const open = [...ids].filter((id) => !labels.has(id));
  const skippedAt = (id: ItemId): number => skips.get(id)?.seq ?? 0;
  return open.sort((a, b) => skippedAt(a) - skippedAt(b));
}

/** True when the newest round is selected and every pick of every round is decided. */
export function isBatchDone(state: ProjectState): boolean {
  const last = state.rounds.at(-1);
  return last !== undefined && last.isSelected && batchQueue(state).length === 0;
}

/** Items that may still be queried: not held out, not excluded, undecided, not picked already, embedded. */
export function candidates(state: ProjectState, items: readonly Item[], isEmbedded: (item: Item) => boolean): Item[] {
  const picked = new Set(state.rounds.flatMap((r) => r.picks.map((p) => p.item)));
  return items.filter(
    (item) =>
      !isHeldOut(state, item.id) &&
      !state.excluded.has(item.id) &&
      !isDecided(state, item.id) &&
      !picked.has(item.id) &&
      isEmbedded(item),
  );
}

/** The round that asked for an item, and why; null for held-out items and items that were only looked at again. */
export function askedPick(state: ProjectState, id: ItemId): { round: number; pick: Pick } | null {
  if (isHeldOut(state, id)) return null;
  for (const round of state.rounds) {
    const pick = round.picks.find((p) => p.item === id);
    if (pick) return { round: round.round, pick };
  }
  return null;
}
