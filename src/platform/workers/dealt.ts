import type { Encoded } from '../../loop/encoder-ports.ts';

/** Fewer than this for each lane are not worth dealing out. */
const LEAST_EACH = 4;

/**
 * Deals a list out in turn, so that every hand has as much of what is large and what is small.
 * @returns at most `count` hands; the item at `i` of hand `h` of n is the list's item `i * n + h`
 */
export function dealt<T>(list: readonly T[], count: number): T[][] {
  const hands = Math.max(1, Math.min(count, Math.floor(list.length / LEAST_EACH)));
  return Array.from({ length: hands }, (_, hand) => list.filter((_, i) => i % hands === hand));
}

/** What was embedded of dealt hands, in the order of the list. @param count items of the list */
export function gathered(parts: readonly Encoded[], count: number): Encoded {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const hands = parts.length;
  const dim = count === 0 ? 0 : parts.reduce((sum, { data }) => sum + data.length, 0) / count;
  const data = new Float32Array(count * dim);
  parts.forEach((part, hand) => {
    const rows = part.data.length / dim;
    for (let i = 0; i < rows; i++) data.set(part.data.subarray(i * dim, (i + 1) * dim), (i * hands + hand) * dim);
  });
  const failed = parts.flatMap((part, hand) =>
    part.failed.map(({ index, reason }) => ({ index: index * hands + hand, reason })),
  );
  const truncated = parts.flatMap((part, hand) => part.truncated.map((index) => index * hands + hand));
  return {
    data,
    failed: failed.sort((a, b) => a.index - b.index),
    truncated: truncated.sort((a, b) => a - b),
  };
}
