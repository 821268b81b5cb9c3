/** 12345 -> "12,345". */
export const count = (n: number): string => n.toLocaleString('en');
/** "12 labelled", "12 labelled, 500 imported" or "500 imported". */
export function labelsInWords({
  labelCount,
  importedCount = 0,
}: {
  labelCount: number;
  importedCount?: number | undefined;
}): string {
  const own = `${count(labelCount)} labelled`;
  if (importedCount === 0) return own;
  return labelCount === 0 ? `${count(importedCount)} imported` : `${own}, ${count(importedCount)} imported`;
}
/** One thing or several: plural(1, 'item') -> "1 item". */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
