/** How much goes into one run of a model. */
export interface BatchBudget {
  /** Tokens of a batch with its padding: rows x the longest of them. */
  readonly tokens: number;
  /** Rows of a batch at most. */
  readonly rows: number;
}

/**
 * Which texts are encoded together: sorted by length (ties by index), so that little is padded, and cut so that every
 * batch has about the same number of tokens. Longest first: what needs the most memory comes first.
 * @param lengths tokens of each text, at least 1 each
 * @returns indexes into `lengths`, one list for each batch
 */
export function planBatches(lengths: ArrayLike<number>, { tokens, rows }: BatchBudget): Int32Array[] {
  const order = Int32Array.from({ length: lengths.length }, (_, i) => i);
  order.sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  const batches: Int32Array[] = [];
  for (let start = 0; start < order.length;) {
    const longest = Math.max(1, lengths[order[start] ?? 0] ?? 1);
    const count = Math.max(1, Math.min(rows, Math.floor(tokens / longest)));
    batches.push(order.subarray(start, start + count));
    start += count;
  }
  return batches;
}
