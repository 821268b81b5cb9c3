import { csv } from '../bytes.ts';
import type { Exporter } from '../format.ts';
import { labelRecords } from '../label-records.ts';

const COLUMNS = [
  'path', 'sha256', 'class', 'class_id', 'set', 'annotator', 'labelled_at', 'duration_ms', 'round', 'strategy',
  'model_version', 'suggestion', 'suggestion_probability', 'flagged',
] as const;

export default {
  id: 'labels-csv',
  name: 'Labels (CSV)',
  summary: 'One line per labelled item: path, class, who, when, how long, and what the model had said. Opens in any spreadsheet.',
  needsHead: false,
  export(snapshot) {
    const rows = labelRecords(snapshot).map((record) => COLUMNS.map((column) => record[column]));
    return [{ name: 'labels.csv', type: 'text/csv', bytes: csv([COLUMNS, ...rows]) }];
  },
} satisfies Exporter;
