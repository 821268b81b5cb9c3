import type { Random } from './random.ts';

/** Default size of the test set: 100 items or 10 % of the project, whichever is smaller, at least one of two. */
export function defaultTestSize(items: number): number {
  if (items < 2) return 0;
  return Math.max(1, Math.min(100, Math.ceil(items / 10)));
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
