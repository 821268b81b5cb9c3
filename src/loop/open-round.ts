import type { EventDraft, Pick } from '../domain/events.ts';
import type { ProjectState } from '../domain/project-state.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';

/**
 * Opens the next round with its random share. These picks need no model, so they can be labelled while the head trains. Before
 * the first model there is none: nothing asks for anything yet that chance would have to make up for.
 * @param pool the items that may be queried, in row order @param isCold the labels so far can't train a model that asks
 */
export function openNextRound(state: ProjectState, pool: readonly Item[], isCold: boolean): EventDraft {
  const round = (state.rounds.at(-1)?.round ?? 0) + 1;
  const seed = hashSeed(state.seed, `round-${round}`);
  const size = Math.min(state.settings.batchSize, pool.length);
  const count = isCold ? 0 : Math.min(size, Math.round(size * state.settings.randomShare));
  const random = seededRandom(seed).fork('random-share');
  const left = [...pool];
  const picks: Pick[] = [];
  for (let i = 0; i < count; i++) {
    const at = i + random.below(left.length - i);
    const item = left[at];
    const other = left[i];
    if (!item || !other) break;
    left[at] = other;
    left[i] = item;
    picks.push({
      item: item.id,
      strategy: 'random',
      utility: 0,
      reason: 'Drawn at random: a share of every batch keeps an eye on what the model does not ask for.',
    });
  }
  return { kind: 'round-opened', round, seed, size, picks };
}
