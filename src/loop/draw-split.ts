import type { EventDraft, Population } from '../domain/events.ts';
import { isHeldOut, type ProjectState } from '../domain/project-state.ts';
import { NEAR_DUPLICATE_COSINE } from '../domain/guards.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import { automaticTestSize, drawTestSet, mostCalibrationItems, redrawTestSet } from '../domain/split.ts';
import type { Learner } from './learner-ports.ts';

type SplitDraft = Extract<EventDraft, { kind: 'split-drawn' }>;

/** Share of the items outside the held-out sets that may be kept out as near-duplicates. */
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
): Promise<SplitDraft> {
  const seed = hashSeed(state.seed, 'test-set');
  const usable = items.filter(isEmbedded);
  const test = drawTestSet(
    usable.map((item) => item.id),
    state.settings.testSize || automaticTestSize(usable.length),
    seededRandom(seed),
  );
  const excluded = await nearTo(test, items, learner, isEmbedded);
  return { kind: 'split-drawn', seed, test, excluded, drawnFrom: populationOf(items) };
}

/** All items that there are now, as what a split is drawn from. */
function populationOf(items: readonly Item[]): Population | undefined {
  const last = items.at(-1);
  return last && { count: items.length, last: last.id };
}

/** How many of the items a split was drawn from; null where that is not known, or rows have changed since. @param items by row */
export function drawnCount({ drawnFrom }: ProjectState, items: readonly Item[]): number | null {
  return drawnFrom && items[drawnFrom.count - 1]?.id === drawnFrom.last ? drawnFrom.count : null;
}

/**
 * Items of the test set when it is drawn again from all items (`redrawTestSet`), whoever has labelled what: an item that trains
 * may become a test item, or the sample would be one of what strategies have left over. The same items and size give the same set, so
 * that nobody can draw until the score pleases. Where it is not known what the earlier set was drawn from, nothing of it is kept on purpose.
 */
export function redrawTest(
  state: ProjectState,
  items: readonly Item[],
  isEmbedded: (item: Item) => boolean,
  size: number,
): ItemId[] {
  return redraw([...state.test], items, drawnCount(state, items), isEmbedded, size, seedOf(state, 'test-set', items));
}

/** The whole split drawn again: test set, near-duplicates and, where the project has one, the calibration slice. */
export async function redrawSplit(
  state: ProjectState,
  items: readonly Item[],
  learner: Learner,
  isEmbedded: (item: Item) => boolean,
  size: number,
): Promise<EventDraft[]> {
  const test = redrawTest(state, items, isEmbedded, size);
  const excluded = await nearTo(test, items, learner, isEmbedded);
  const seed = seedOf(state, 'test-set', items);
  const split: SplitDraft = { kind: 'split-drawn', seed, test, excluded, drawnFrom: populationOf(items) };
  if (state.calibration.size === 0) {
    const slice = await drawCalibration(state, split, items, learner, isEmbedded);
    return slice ? [split, slice] : [split];
  }
  const taken = new Set([...test, ...excluded]);
  const free = (item: Item): boolean => isEmbedded(item) && !taken.has(item.id);
  const most = mostCalibrationItems(items.filter(isEmbedded).length, test.length);
  const wanted = Math.min(Math.max(state.calibration.size, state.settings.calibrationSize ?? 0), most);
  const drawn = [...state.calibration].filter((id) => !taken.has(id));
  const sliceSeed = seedOf(state, 'calibration', items);
  const slice = redraw(drawn, items, drawnCount(state, items), free, wanted, sliceSeed);
  const near = await nearTo([...test, ...slice], items, learner, isEmbedded);
  const nearSlice = near.filter((id) => !taken.has(id));
  return [split, { kind: 'calibration-drawn', seed: sliceSeed, items: slice, excluded: nearSlice }];
}

function seedOf(state: ProjectState, purpose: string, items: readonly Item[]): number {
  return hashSeed(state.seed, `${purpose}:${items.length}`);
}

function redraw(
  drawn: readonly ItemId[],
  items: readonly Item[],
  before: number | null,
  isFree: (item: Item) => boolean,
  size: number,
  seed: number,
): ItemId[] {
  const isDrawn = new Set(before === null ? [] : drawn);
  const usable = items.filter((item) => isFree(item) || isDrawn.has(item.id));
  const [old, fresh]: [ItemId[], ItemId[]] = [[], []];
  for (const { id, row } of usable) (row < (before ?? 0) ? old : fresh).push(id);
  return redrawTestSet([...isDrawn], old, fresh, size, seededRandom(seed));
}

/**
 * Draws the calibration slice that belongs to a split, uniformly from what is neither test item nor near-duplicate of one,
 * and keeps its own near-duplicates out of the pool. The test set is the same with and without it. Null where none is
 * wanted or an item can have several classes.
 */
export async function drawCalibration(
  state: ProjectState,
  { test, excluded }: { readonly test: readonly ItemId[]; readonly excluded: readonly ItemId[] },
  items: readonly Item[],
  learner: Learner,
  isEmbedded: (item: Item) => boolean,
): Promise<EventDraft | null> {
  const wanted = state.task === 'single' ? (state.settings.calibrationSize ?? 0) : 0;
  const usable = items.filter(isEmbedded);
  const taken = new Set([...test, ...excluded]);
  const free = usable.flatMap(({ id }) => (taken.has(id) ? [] : [id]));
  const size = Math.min(wanted, mostCalibrationItems(usable.length, test.length));
  const seed = hashSeed(state.seed, 'calibration');
  const drawn = drawTestSet(free, size, seededRandom(seed));
  if (drawn.length === 0) return null;
  const near = await nearTo([...test, ...drawn], items, learner, isEmbedded);
  return { kind: 'calibration-drawn', seed, items: drawn, excluded: near.filter((id) => !taken.has(id)) };
}

/**
 * Items that came later may be near-duplicates of test or calibration items too: the split once more, with the same test
 * set and with them kept out. Null when there are none.
 */
export async function extendSplit(
  state: ProjectState,
  items: readonly Item[],
  learner: Learner,
  isEmbedded: (item: Item) => boolean,
): Promise<EventDraft | null> {
  const test = [...state.test];
  // One after the other, as they were drawn: a slice with copies everywhere takes nothing away from the test set.
  const near = await nearTo(test, items, learner, isEmbedded);
  if (state.calibration.size > 0) {
    near.push(...(await nearTo([...test, ...state.calibration], items, learner, isEmbedded)));
  }
  if (near.every((id) => state.excluded.has(id) || isHeldOut(state, id))) return null;
  const excluded = [...new Set([...state.excluded, ...near.filter((id) => !isHeldOut(state, id))])];
  const drawnFrom = state.drawnFrom ?? undefined;
  return { kind: 'split-drawn', seed: hashSeed(state.seed, 'test-set'), test, excluded, drawnFrom };
}

/**
 * Embedded items that are near-duplicates of held-out items and none themselves, by row. None when they would be most of
 * the rest: an encoder to which most items look alike cannot tell copies, and something must be left to label.
 */
async function nearTo(
  heldOut: readonly ItemId[],
  items: readonly Item[],
  learner: Learner,
  isEmbedded: (item: Item) => boolean,
): Promise<ItemId[]> {
  const isAnchor = new Set(heldOut);
  const rows = Int32Array.from(
    items.filter((item) => isAnchor.has(item.id) && isEmbedded(item)).map((item) => item.row),
  );
  if (rows.length === 0) return [];
  const near = await learner.nearDuplicates(rows.sort(), NEAR_DUPLICATE_COSINE);
  const found = [...near].flatMap((row) => {
    const item = items[row];
    return item && isEmbedded(item) && !isAnchor.has(item.id) ? [item.id] : [];
  });
  const others = items.filter((item) => isEmbedded(item) && !isAnchor.has(item.id)).length;
  return found.length > others * MOST_EXCLUDED ? [] : found;
}
