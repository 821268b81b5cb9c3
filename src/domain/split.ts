import type { Random } from './random.ts';

/** Items of the test set where the user has not said: 100 or a fifth of the project, whichever is less, but 10 if half allows. */
export function automaticTestSize(items: number): number {
  return Math.min(100, Math.max(Math.floor(items / 5), Math.min(10, Math.floor(items / 2))));
}

/** Most items of the calibration slice: half of what the test set leaves, so that a pool remains. */
export function mostCalibrationItems(items: number, testItems: number): number {
  return Math.max(0, Math.floor((items - testItems) / 2));
}

/**
 * A uniform random sample without replacement, in random order. Never takes more than half of the items, so that a
 * pool is left; a single item goes to the pool.
 */
export function drawTestSet<T>(ids: readonly T[], size: number, random: Random): T[] {
  const count = Math.min(Math.max(0, Math.floor(size)), Math.floor(ids.length / 2));
  const list = [...ids];
  for (let i = 0; i < count; i++) {
    const j = i + random.below(list.length - i);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list.slice(0, count);
}

/**
 * Draws a sample again when there are more items, so that it is a uniform sample of all of them and keeps as much of the
 * earlier one as that allows: of the items of before and of those added it takes shares that are proportional to their
 * numbers (rounded to whole items), those of before in the order in which they were drawn, then the others of before at random.
 * In random order, so that a part that is labelled first stands for the whole.
 * @param drawn the earlier sample, in the order in which it was drawn
 * @param before what it was drawn from, `drawn` included @param added what has come since
 */
export function redrawTestSet<T>(
  drawn: readonly T[],
  before: readonly T[],
  added: readonly T[],
  size: number,
  random: Random,
): T[] {
  const total = before.length + added.length;
  const count = Math.min(Math.max(0, Math.floor(size)), Math.floor(total / 2));
  const exact = total === 0 ? 0 : (count * added.length) / total;
  // For the sake of rounding no item of before comes in that was not drawn: it may train by now.
  const isSpared = count - Math.ceil(exact) <= drawn.length;
  const share = isSpared && count - Math.round(exact) > drawn.length ? Math.ceil(exact) : Math.round(exact);
  const known = new Set(drawn);
  const others = random.shuffle(before.filter((id) => !known.has(id)));
  const old = [...drawn, ...others].slice(0, count - share);
  const fresh = random.shuffle([...added]).slice(0, share);
  const out: T[] = [];
  // Whichever is next is as likely as its list is long: a random order of both that keeps the order within each.
  for (let i = 0, j = 0; out.length < old.length + fresh.length;) {
    const left = old.length - i;
    const isOld = random.below(left + fresh.length - j) < left;
    out.push((isOld ? old[i++] : fresh[j++]) as T);
  }
  return out;
}
