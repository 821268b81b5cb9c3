import { utf8 } from '../bytes.ts';
import type { Exporter } from '../format.ts';
import { labelRecords, labelSetRecords } from '../label-records.ts';

export default {
  id: 'labels-jsonl',
  name: 'Labels (JSON Lines)',
  summary:
    'The same labels, one JSON object per line, with every path of duplicated items and the text itself. Several classes are an array. For scripts.',
  needsHead: false,
  texts: 'labelled',
  export(snapshot) {
    const records = snapshot.state.task === 'multi' ? labelSetRecords(snapshot) : labelRecords(snapshot);
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    return [{ name: 'labels.jsonl', type: 'application/jsonl', bytes: utf8(lines.join('')) }];
  },
} satisfies Exporter;
