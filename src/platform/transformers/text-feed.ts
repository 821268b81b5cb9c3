import { Tensor } from '@huggingface/transformers';

/**
 * What a model is given for some tokenised texts: padded rows [rows, columns] and their mask, or, as a bag, all tokens in
 * one row and the place where each text begins. A row without tokens is masked as if it had one, lest attention divide by
 * nothing.
 */
export function textFeed(
  rows: readonly Int32Array[],
  isBag: boolean,
): { feed: Record<string, Tensor>; columns: number } {
  if (isBag) return { feed: bag(rows), columns: 1 };
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const ids = zeros(rows.length * columns);
  const mask = zeros(rows.length * columns);
  rows.forEach((row, r) => {
    for (let t = 0; t < Math.max(1, row.length); t++) {
      // Token ids fit into the low half of 64 bits, which comes first wherever WebAssembly runs.
      ids.low[2 * (r * columns + t)] = row[t] ?? 0;
      mask.low[2 * (r * columns + t)] = 1;
    }
  });
  const dims = [rows.length, columns];
  return {
    feed: { input_ids: new Tensor('int64', ids.big, dims), attention_mask: new Tensor('int64', mask.big, dims) },
    columns,
  };
}

function bag(rows: readonly Int32Array[]): Record<string, Tensor> {
  const total = rows.reduce((sum, row) => sum + row.length, 0);
  const ids = zeros(total);
  const offsets = zeros(rows.length);
  let at = 0;
  rows.forEach((row, r) => {
    offsets.low[2 * r] = at;
    for (const id of row) ids.low[2 * at++] = id;
  });
  return { input_ids: new Tensor('int64', ids.big, [total]), offsets: new Tensor('int64', offsets.big, [rows.length]) };
}

function zeros(length: number): { big: BigInt64Array; low: Int32Array } {
  const big = new BigInt64Array(length);
  return { big, low: new Int32Array(big.buffer) };
}
