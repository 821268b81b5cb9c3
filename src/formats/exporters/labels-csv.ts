import { spreadsheetCsv } from '../bytes.ts';
import type { Exporter } from '../format.ts';
import { labelRecords } from '../label-records.ts';

const COLUMNS = [
  'path',
  'sha256',
  'class',
  'class_id',
  'set',
  'annotator',
  'labelled_at',
  'duration_ms',
  'round',
  'strategy',
  'model_version',
  'suggestion',
  'suggestion_probability',
  'flagged',
] as const;

export default {
  id: 'labels-csv',
  name: 'Labels (CSV)',
  summary:
    'One line per labelled item: path, class, who, when, how long, and what the model had said. Opens in any spreadsheet.',
  needsHead: false,
  export(snapshot) {
    const rows = labelRecords(snapshot).map((record) => [
      ...COLUMNS.map((column) => record[column]),
      // A list in a cell: JSON, as a path may hold any separator.
      record.other_paths.length > 0 ? JSON.stringify(record.other_paths) : '',
    ]);
    return [{ name: 'labels.csv', type: 'text/csv', bytes: spreadsheetCsv([[...COLUMNS, 'other_paths'], ...rows]) }];
  },
} satisfies Exporter;
