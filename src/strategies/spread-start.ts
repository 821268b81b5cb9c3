import type { Row } from '../domain/ids.ts';
import type { Random } from '../domain/random.ts';
import { sampleRows } from './herding.ts';
import maxHerding from './max-herding.ts';
import type { Compute, ItemGroup, PoolView, StrategyPick } from './strategy.ts';

/** Share of a batch that is left to items of no group, as long as there are any. */
const FREE_SHARE = 0.25;
/** Larger groups are thinned out at random before the most typical items are looked for. */
const MOST_OF_GROUP = 1000;

export interface SpreadReasons {
  readonly inGroup: (name: string) => string;
  readonly free: string;
}

/**
 * Stratified sampling (Neyman 1934, On the two different aspects of the representative method) over guessed groups, with
 * the most typical items of each: places go in turn to the groups with fewest labels, and some to items of no group.
 * Without groups it is MaxHerding.
 */
export async function spreadStart(
  view: PoolView,
  count: number,
  random: Random,
  compute: Compute,
  reasons: SpreadReasons,
): Promise<readonly StrategyPick[]> {
  const open = new Set(view.candidates);
  const groups = view.groups ?? [];
  const grouped = new Set(groups.flatMap((g) => [...g.rows]));
  const free = view.candidates.filter((row) => !grouped.has(row));
  // Nothing is guessed of what is left: cover the pool.
  if (free.length === open.size) return maxHerding.select(view, count, random, compute);
  const total = Math.min(count, open.size);
  const freePlaces = Math.min(free.length, Math.ceil(total * FREE_SHARE));
  const taken: Row[] = [];
  const picks: StrategyPick[] = [];
  /** Takes the most typical of some rows beside what is labelled and taken. */
  const take = async (rows: Int32Array, places: number, label: string, reason: string): Promise<void> => {
    if (places <= 0 || rows.length === 0) return;
    const candidates = sampleRows(rows, Math.max(places, MOST_OF_GROUP), random.fork(`thin ${label}`));
    const labelledRows = Int32Array.from([...view.labelledRows, ...taken]).sort();
    const chosen = await maxHerding.select(
      { ...view, candidates, labelledRows },
      places,
      random.fork(`take ${label}`),
      compute,
    );
    chosen.forEach(({ row }, i) => {
      open.delete(row);
      taken.push(row);
      // First of each group, then the second of each: every prefix of the batch is spread too.
      picks.push({ row, utility: 1 / (i + 1), reason });
    });
  };
  for (const { group, places } of sharedOut(view, groups, total - freePlaces, random)) {
    const own = group.rows.filter((row) => open.has(row));
    await take(Int32Array.from(own).sort(), places, group.name, reasons.inGroup(group.name));
  }
  await take(free, freePlaces, 'free', reasons.free);
  // Groups overlap or are used up.
  await take(Int32Array.from(open).sort(), total - picks.length, 'rest', reasons.free);
  return picks.sort((a, b) => b.utility - a.utility || a.row - b.row);
}

/** Places in turn to the group with fewest labels and places so far; smaller groups first, so that overlaps do them no harm. */
function sharedOut(
  { candidates, labelledRows, batchRows }: PoolView,
  groups: readonly ItemGroup[],
  places: number,
  random: Random,
): { group: ItemGroup; places: number }[] {
  const isOpen = new Set(candidates);
  const isKnown = new Set([...labelledRows, ...(batchRows ?? [])]);
  const shares = random
    .fork('order')
    .shuffle([...groups])
    .map((group) => ({
      group,
      places: 0,
      known: group.rows.filter((row) => isKnown.has(row)).length,
      room: group.rows.filter((row) => isOpen.has(row)).length,
    }));
  for (let left = places; left > 0; left--) {
    const next = shares
      .filter((s) => s.places < s.room)
      .reduce<(typeof shares)[number] | null>(
        (best, s) => (best === null || s.known + s.places < best.known + best.places ? s : best),
        null,
      );
    if (!next) break;
    next.places++;
  }
  return shares.sort((a, b) => a.room - b.room);
}
