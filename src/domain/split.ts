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
