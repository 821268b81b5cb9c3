import { spreadsheetCsv } from '../bytes.ts';
import { joinClasses } from '../class-list.ts';
import type { Exporter, Snapshot } from '../format.ts';
import { labelRecords, labelSetRecords } from '../label-records.ts';

const WHO = ['annotator', 'labelled_at', 'duration_ms', 'round', 'strategy', 'model_version'] as const;
const COLUMNS = [
  'path',
  'sha256',
  'class',
  'class_id',
  'set',
  ...WHO,
  'suggestion',
  'suggestion_probability',
  'flagged',
] as const;
const SET_COLUMNS = ['path', 'sha256', 'classes', 'class_ids', 'set', ...WHO, 'suggestions', 'flagged'] as const;

type Cell = string | number | boolean | null;
// A list in a cell: JSON, as a path may hold any separator.
const listOf = (values: readonly string[]): string => (values.length > 0 ? JSON.stringify(values) : '');

const classNames = ({ state }: Snapshot): string[] => state.schema.classes.map((c) => c.name);

/** One cell where items are texts. */
function textCell({ state }: Snapshot, { text = '' }: { readonly text?: string }): string[] {
  return state.modality === 'text' ? [text] : [];
}

function singleRows(snapshot: Snapshot): Cell[][] {
  return labelRecords(snapshot).map((record) => [
    ...COLUMNS.map((column) => record[column]),
    ...textCell(snapshot, record),
    listOf(record.other_paths),
  ]);
}

/**
 * Several classes stand in one cell, separated by `|`; no class is an empty cell. A column for each class says 1 or 0, or
 * nothing where the class was added after the label.
 */
function setRows(snapshot: Snapshot): Cell[][] {
  const names = classNames(snapshot);
  return labelSetRecords(snapshot).map((record) => {
    const has = new Set(record.classes);
    const isOpen = new Set(record.not_asked);
    const answers = names.map((name) => (has.has(name) ? 1 : isOpen.has(name) ? '' : 0));
    const cells = {
      ...record,
      classes: joinClasses(record.classes),
      class_ids: joinClasses(record.class_ids),
      suggestions: joinClasses((record.suggestions ?? []).map((s) => `${s.class} ${s.probability.toFixed(4)}`)),
    };
    return [
      ...SET_COLUMNS.map((column) => cells[column]),
      ...answers,
      ...textCell(snapshot, record),
      listOf(record.other_paths),
    ];
  });
}

export default {
  id: 'labels-csv',
  name: 'Labels (CSV)',
  summary:
    'One line per labelled item: path, class, who, when, how long, and what the model had said. Texts stand in a column of their own. Where an item can have several classes they stand in one cell, separated by |, and each class also has a column that says 1 where it was given and 0 where not. Opens in any spreadsheet.',
  needsHead: false,
  texts: 'labelled',
  export(snapshot) {
    const isMulti = snapshot.state.task === 'multi';
    const columns = isMulti ? [...SET_COLUMNS, ...classNames(snapshot).map((name) => `is(${name})`)] : COLUMNS;
    const text = snapshot.state.modality === 'text' ? ['text'] : [];
    const rows = isMulti ? setRows(snapshot) : singleRows(snapshot);
    return [
      { name: 'labels.csv', type: 'text/csv', bytes: spreadsheetCsv([[...columns, ...text, 'other_paths'], ...rows]) },
    ];
  },
} satisfies Exporter;
