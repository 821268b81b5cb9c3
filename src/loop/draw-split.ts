import type { EventDraft } from '../domain/events.ts';
import type { ProjectState } from '../domain/fold.ts';
import { NEAR_DUPLICATE_COSINE } from '../domain/guards.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import { drawTestSet } from '../domain/split.ts';
import type { Learner } from './ports.ts';

/**
 * Draws the uniform random test set before the first query and keeps near-duplicates of test items out of the pool.
 * The seed comes from the project's seed, so the same items in the same order give the same test set.
 */
export async function drawSplit(
  state: ProjectState,
  items: readonly Item[],
  learner: Learner,
  isEmbedded: (item: Item) => boolean,
): Promise<EventDraft> {
  const seed = hashSeed(state.seed, 'test-set');
  const usable = items.filter(isEmbedded);
  const byId = new Map(usable.map((item) => [item.id, item]));
  const test = drawTestSet(
    usable.map((item) => item.id),
    state.settings.testSize,
    seededRandom(seed),
  );
  const rows = Int32Array.from(test.flatMap((id) => byId.get(id)?.row ?? [])).sort();
  const near = rows.length === 0 ? new Int32Array() : await learner.nearDuplicates(rows, NEAR_DUPLICATE_COSINE);
  const testSet = new Set(test);
  const excluded = [...near].flatMap((row) => {
    const item = items[row];
    return item && byId.has(item.id) && !testSet.has(item.id) ? [item.id] : [];
  });
  return { kind: 'split-drawn', seed, test, excluded };
}
