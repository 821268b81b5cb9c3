import type { Item } from '../domain/item.ts';
import type { ItemGroup } from '../strategies/strategy.ts';

/** Items by the name that came with them, whatever its case and the blanks around it; the first spelling is the name. */
export function groupsOfHints(items: readonly Item[]): readonly ItemGroup[] {
  const groups = new Map<string, { name: string; rows: number[] }>();
  for (const { hint, row } of items) {
    const name = hint?.trim() ?? '';
    if (name === '') continue;
    const group = groups.get(name.toLowerCase()) ?? { name, rows: [] };
    group.rows.push(row);
    groups.set(name.toLowerCase(), group);
  }
  return [...groups.values()].map(({ name, rows }) => ({ name, rows: Int32Array.from(rows).sort() }));
}
