/** All tokens in one row, and where each text begins in it. */
export function bagOf(rows: readonly (readonly number[])[]): { ids: BigInt64Array; offsets: BigInt64Array } {
  const offsets = new BigInt64Array(rows.length);
  let at = 0;
  rows.forEach((row, i) => {
    offsets[i] = BigInt(at);
    at += row.length;
  });
  return { ids: BigInt64Array.from(rows.flat(), BigInt), offsets };
}
