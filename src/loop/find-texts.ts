import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';

/** Texts that are read at once; the page stays usable in between. */
const BATCH = 500;

/** Items whose text or path contains some words, whatever their case, in the given order. */
export async function findTexts(
  words: string,
  items: readonly Item[],
  read: (ids: readonly ItemId[]) => Promise<readonly (string | null)[]>,
  signal: AbortSignal,
): Promise<Item[]> {
  const wanted = folded(words);
  const found: Item[] = [];
  for (let start = 0; start < items.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = items.slice(start, start + BATCH);
    const texts = await read(batch.map((item) => item.id));
    batch.forEach((item, i) => {
      const isHit =
        folded(texts[i] ?? item.preview).includes(wanted) || item.paths.some((p) => folded(p).includes(wanted));
      if (isHit) found.push(item);
    });
  }
  return found;
}

function folded(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ');
}
