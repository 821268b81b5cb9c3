import type { IDBPObjectStore, StoreKey, StoreNames, StoreValue } from 'idb';
import type { WinnowDb } from './database.ts';

type Names = ArrayLike<StoreNames<WinnowDb>>;

/**
 * Reads a range in the order of its keys, `size` records at a time, and hands each page to `use`. All pages are of one
 * moment: the store's transaction. Every page is a task of its own, so that a large project doesn't hold up the page.
 * @param use must not await anything
 */
export async function readPages<Tx extends Names, S extends StoreNames<WinnowDb>>(
  store: IDBPObjectStore<WinnowDb, Tx, S>,
  range: IDBKeyRange,
  size: number,
  use: (values: StoreValue<WinnowDb, S>[], keys: StoreKey<WinnowDb, S>[]) => void,
): Promise<void> {
  let left: IDBKeyRange | null = range;
  while (left !== null) {
    const [keys, values]: [StoreKey<WinnowDb, S>[], StoreValue<WinnowDb, S>[]] = await Promise.all([
      store.getAllKeys(left, size),
      store.getAll(left, size),
    ]);
    use(values, keys);
    const last = keys.at(-1);
    left =
      last === undefined || keys.length < size ? null : IDBKeyRange.bound(last, range.upper, true, range.upperOpen);
  }
}
