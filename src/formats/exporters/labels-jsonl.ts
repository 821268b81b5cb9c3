import { utf8 } from '../bytes.ts';
import type { Exporter } from '../format.ts';
import { labelRecords, labelSetRecords } from '../label-records.ts';

export default {
  id: 'labels-jsonl',
  name: 'Labels (JSON Lines)',
  summary:
    'The same labels, one JSON object per line, with every path of duplicated items and the text itself. Several classes are an array. For scripts.',
  needsHead: false,
  export(snapshot) {
    const ids = new Map(snapshot.items.map((item) => [item.id as string, item.id]));
    const records = snapshot.state.task === 'multi' ? labelSetRecords(snapshot) : labelRecords(snapshot);
    const lines = records.map((record) => {
      const id = ids.get(record.sha256);
      const text = id && snapshot.textOf(id);
      return `${JSON.stringify(text === undefined ? record : { ...record, text })}\n`;
    });
    return [{ name: 'labels.jsonl', type: 'application/jsonl', bytes: utf8(lines.join('')) }];
  },
} satisfies Exporter;
