import { expect, it } from 'vitest';
import type { WinnowEvent } from '../../src/domain/events.ts';
import { ProjectFold } from '../../src/domain/fold.ts';
import { itemId, type ItemId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import { parseEvents } from '../../src/formats/validate-events.ts';
import { filterCounts, filterItems, filterOptions, type ItemFilter } from '../../src/state/item-filter.ts';
import { EVENTS_FORMAT_2 } from '../fixtures/events-format-2.ts';

const hex = (n: number): ItemId => itemId(n.toString(16).padStart(64, '0'));
const items = Array.from({ length: 10 }, (_, row) => ({ id: hex(row), row }) as Item);
/** Labels of several classes on items 1, 4 (none of them), 5 and 8; then 8 is flagged, 2 skipped, 9 flagged and unflagged. */
const state = (() => {
  const who = { at: 0, annotator: 'ann', durationMs: 1 };
  const events = parseEvents(EVENTS_FORMAT_2.split('\n').map((line) => JSON.parse(line) as unknown));
  const more = [
    { id: 'f1', kind: 'flag', item: hex(8), isFlagged: true },
    { id: 'f2', kind: 'flag', item: hex(9), isFlagged: true },
    { id: 'f3', kind: 'flag', item: hex(9), isFlagged: false },
    { id: 's1', kind: 'skip', item: hex(2), round: null, strategy: null },
  ].map((event, i) => ({ ...who, ...event, seq: 20 + i }) as unknown as WinnowEvent);
  return ProjectFold.of([...events, ...more]).state();
})();

it.each<[ItemFilter, number[]]>([
  ['all', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ['flagged', [8]],
  ['skipped', [2]],
  ['labelled', [1, 4, 5, 8]],
  ['open', [0, 2, 3, 6, 7, 9]],
  ['class c1' as ItemFilter, [1, 8]],
  ['class gone' as ItemFilter, []],
])('%s lets these items through', (filter, rows) => {
  expect(filterItems(items, state, filter).map((item) => item.row)).toEqual(rows);
});

it('counts as many as each filter lets through', () => {
  const counts = filterCounts(items.length, state);
  for (const { id } of filterOptions(state)) {
    expect(counts.get(id) ?? 0, id).toBe(filterItems(items, state, id).length);
  }
});

it('offers every class, also a hidden one, by name', () => {
  const names = filterOptions(state).map((option) => option.name);
  const kinds = ['All items', 'Flagged', 'Skipped', 'Labelled', 'Without a label', 'Labels worth a second look'];
  expect(names.slice(0, 6)).toEqual(kinds);
  expect(names.slice(6)).toEqual(state.schema.classes.map((c) => `Has ${c.name}`));
});
