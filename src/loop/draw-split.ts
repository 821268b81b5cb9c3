import type { EventDraft } from '../domain/events.ts';
import type { ProjectState } from '../domain/fold.ts';
import { NEAR_DUPLICATE_COSINE } from '../domain/guards.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import { automaticTestSize, drawTestSet } from '../domain/split.ts';
import type { Learner } from './ports.ts';

/** Share of the items outside the test set that may be kept out as near-duplicates. */
const MOST_EXCLUDED = 0.5;

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
  const test = drawTestSet(
    usable.map((item) => item.id),
    state.settings.testSize || automaticTestSize(usable.length),
    seededRandom(seed),
  );
  const excluded = await nearTo(test, items, learner, isEmbedded);
  return { kind: 'split-drawn', seed, test, excluded };
}

/**
 * Items that came later may be near-duplicates of test items too: the split once more, with the same test set and with
 * them kept out. Null when there are none.
 */
export async function extendSplit(
  state: ProjectState,
  items: readonly Item[],
  learner: Learner,
  isEmbedded: (item: Item) => boolean,
): Promise<EventDraft | null> {
  const test = [...state.test];
  const near = await nearTo(test, items, learner, isEmbedded);
  if (near.every((id) => state.excluded.has(id))) return null;
  const excluded = [...new Set([...state.excluded, ...near])];
  return { kind: 'split-drawn', seed: hashSeed(state.seed, 'test-set'), test, excluded };
}

/**
 * Embedded items that are near-duplicates of test items and none themselves, by row. None when they would be most of the
 * rest: an encoder to which most items look alike cannot tell copies, and something must be left to label.
 */
async function nearTo(
  test: readonly ItemId[],
  items: readonly Item[],
  learner: Learner,
  isEmbedded: (item: Item) => boolean,
): Promise<ItemId[]> {
  const isTest = new Set(test);
  const rows = Int32Array.from(items.filter((item) => isTest.has(item.id) && isEmbedded(item)).map((item) => item.row));
  if (rows.length === 0) return [];
  const near = await learner.nearDuplicates(rows.sort(), NEAR_DUPLICATE_COSINE);
  const found = [...near].flatMap((row) => {
    const item = items[row];
    return item && isEmbedded(item) && !isTest.has(item.id) ? [item.id] : [];
  });
  const others = items.filter((item) => isEmbedded(item) && !isTest.has(item.id)).length;
  return found.length > others * MOST_EXCLUDED ? [] : found;
}
