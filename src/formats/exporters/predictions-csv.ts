import { findClass } from '../../domain/schema.ts';
import { topTwo } from '../../domain/uncertainty.ts';
import { spreadsheetCsv } from '../bytes.ts';
import type { Exporter } from '../format.ts';

export default {
  id: 'predictions-csv',
  name: 'Predictions (CSV)',
  summary:
    'What the newest model says of every item, with the probability of each class. Your own labels are in a column beside it.',
  needsHead: true,
  export({ items, predictions, state }) {
    if (!predictions) return [];
    const { classes, probabilities } = predictions;
    const names = classes.map((id) => findClass(state.schema, id)?.name ?? id);
    const header = ['path', 'sha256', 'set', 'label', 'prediction', 'probability', ...names.map((n) => `p(${n})`)];
    const width = classes.length;
    const rows = items.map((item) => {
      const label = state.labels.get(item.id);
      const best = topTwo(probabilities, item.row, width);
      const isKnown = best.first > 0;
      // An item without an embedding has a row of zeros: no prediction, not a probability of 0.
      const own = Array.from(probabilities.subarray(item.row * width, (item.row + 1) * width), (p) =>
        isKnown ? p.toFixed(6) : '',
      );
      return [
        item.paths[0] ?? '',
        item.id,
        state.test.has(item.id) ? 'test' : state.excluded.has(item.id) ? 'excluded' : 'pool',
        label ? (findClass(state.schema, label.classId)?.name ?? label.classId) : '',
        isKnown ? (names[best.firstClass] ?? '') : '',
        isKnown ? best.first.toFixed(6) : '',
        ...own,
      ];
    });
    return [{ name: 'predictions.csv', type: 'text/csv', bytes: spreadsheetCsv([header, ...rows]) }];
  },
} satisfies Exporter;
