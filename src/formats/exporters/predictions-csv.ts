import { classesOf } from '../../domain/events.ts';
import { partOf } from '../../domain/project-state.ts';
import { classesAbove } from '../../domain/head-maths.ts';
import { topTwo } from '../../domain/uncertainty.ts';
import { spreadsheetCsv } from '../bytes.ts';
import { joinClasses } from '../class-list.ts';
import type { Exporter } from '../format.ts';
import { naming } from '../label-records.ts';

type Cell = string | number;

export default {
  id: 'predictions-csv',
  name: 'Predictions (CSV)',
  summary:
    'What the newest model says of every item, with the probability of each class (calibrated where a calibration slice is labelled; then a column says at which temperature). Your own labels are in a column beside it. Texts stand in the last column.',
  needsHead: true,
  texts: 'all',
  export(snapshot) {
    const { items, predictions, state, head, temperature, textOf } = snapshot;
    if (!predictions) return [];
    const isText = state.modality === 'text';
    const { classes, probabilities } = predictions;
    const name = naming(snapshot);
    const names = classes.map(name);
    const width = classes.length;
    const thresholds = head?.thresholds;
    const predicted = thresholds ? ['predictions'] : ['prediction', 'probability'];
    const header = [
      'path',
      'sha256',
      'set',
      thresholds ? 'labels' : 'label',
      ...predicted,
      ...names.map((n) => `p(${n})`),
      ...(temperature === null ? [] : ['temperature']),
      ...(isText ? ['text'] : []),
    ];
    const rows = items.map((item): Cell[] => {
      const label = state.labels.get(item.id);
      // An item without an embedding has a row of zeros: no prediction, not a probability of 0.
      const own = probabilities.subarray(item.row * width, (item.row + 1) * width);
      const isKnown = own.some((p) => p > 0);
      const said = thresholds
        ? [joinClasses(classesAbove(own, 0, thresholds).map((c) => names[c] ?? ''))]
        : best(own, names);
      return [
        item.paths[0] ?? '',
        item.id,
        partOf(state, item.id),
        label ? listed(classesOf(label).map(name), thresholds !== undefined) : '',
        ...(isKnown ? said : predicted.map(() => '')),
        ...Array.from(own, (p) => (isKnown ? p.toFixed(6) : '')),
        ...(temperature === null ? [] : [isKnown ? temperature.toFixed(4) : '']),
        ...(isText ? [textOf(item.id) ?? ''] : []),
      ];
    });
    return [{ name: 'predictions.csv', type: 'text/csv', bytes: spreadsheetCsv([header, ...rows]) }];
  },
} satisfies Exporter;

/** A single class stands as it is; where there can be several, they are joined. */
function listed(names: readonly string[], isMulti: boolean): string {
  return isMulti ? joinClasses(names) : (names[0] ?? '');
}

function best(p: Float32Array, names: readonly string[]): Cell[] {
  const { first, firstClass } = topTwo(p, 0, p.length);
  return [names[firstClass] ?? '', first.toFixed(6)];
}
