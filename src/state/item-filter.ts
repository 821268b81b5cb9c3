import { classesOf } from '../domain/events.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import type { ProjectState } from '../domain/project-state.ts';

/** Which items a list shows. */
export type ItemFilter = 'all' | 'flagged' | 'skipped' | 'labelled' | 'open' | 'doubted' | `class ${ClassId}`;

export interface FilterOption {
  readonly id: ItemFilter;
  readonly name: string;
}

/** What a list can be narrowed to. Hints of the data are never asked: they would give the answers away. */
export function filterOptions({ schema, task }: Pick<ProjectState, 'schema' | 'task'>): FilterOption[] {
  return [
    { id: 'all', name: 'All items' },
    { id: 'flagged', name: 'Flagged' },
    { id: 'skipped', name: 'Skipped' },
    { id: 'labelled', name: 'Labelled' },
    { id: 'open', name: 'Without a label' },
    { id: 'doubted', name: 'Labels worth a second look' },
    ...schema.classes.map((c) => ({
      id: `class ${c.id}` as const,
      name: task === 'multi' ? `Has ${c.name}` : `Labelled ${c.name}`,
    })),
  ];
}

/**
 * How many of `items` items each filter lets through, in one pass over what is known of them. Filters that let nothing through are
 * left out.
 */
export function filterCounts(
  items: number,
  { flags, skips, labels }: Pick<ProjectState, 'flags' | 'skips' | 'labels'>,
): ReadonlyMap<ItemFilter, number> {
  const counts = new Map<ItemFilter, number>([
    ['all', items],
    ['flagged', flags.size],
    ['skipped', skips.size],
    ['labelled', labels.size],
    ['open', items - labels.size],
  ]);
  for (const label of labels.values()) {
    for (const id of classesOf(label)) counts.set(`class ${id}`, (counts.get(`class ${id}`) ?? 0) + 1);
  }
  return counts;
}

/**
 * The items that a filter lets through, in the order given. A class that is gone lets nothing through.
 * @param doubted items whose label is worth a second look
 */
export function filterItems(
  items: readonly Item[],
  { flags, skips, labels }: Pick<ProjectState, 'flags' | 'skips' | 'labels'>,
  filter: ItemFilter,
  doubted: ReadonlyMap<ItemId, unknown> = new Map(),
): readonly Item[] {
  switch (filter) {
    case 'all':
      return items;
    case 'flagged':
      return items.filter(({ id }) => flags.has(id));
    case 'skipped':
      return items.filter(({ id }) => skips.has(id));
    case 'labelled':
      return items.filter(({ id }) => labels.has(id));
    case 'open':
      return items.filter(({ id }) => !labels.has(id));
    case 'doubted':
      return items.filter(({ id }) => doubted.has(id));
    default: {
      const wanted = filter.slice('class '.length);
      return items.filter(({ id }) => {
        const label = labels.get(id);
        return label !== undefined && classesOf(label).some((c) => c === wanted);
      });
    }
  }
}
