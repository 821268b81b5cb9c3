import type { Importer, Table } from '../format.ts';
import { recordsToTable } from '../records.ts';
import { decodeText } from '../text-codec.ts';

const PREVIEW_BYTES = 256 * 1024;

export default {
  id: 'jsonl',
  name: 'JSON Lines',
  extensions: ['jsonl', 'ndjson'],
  hasColumns: true,
  read(bytes, rowLimit): Table {
    const part = rowLimit === undefined ? bytes : bytes.subarray(0, PREVIEW_BYTES);
    const records: { line: number; record: unknown }[] = [];
    const problems: { line: number; reason: string }[] = [];
    let line = 0;
    for (const text of decodeText(part, part.length < bytes.length).split(/\r?\n/)) {
      line++;
      if (text.trim() === '') continue;
      if (rowLimit !== undefined && records.length >= rowLimit) break;
      try {
        records.push({ line, record: JSON.parse(text) as unknown });
      } catch {
        // Named below with its line; the other lines go on.
        problems.push({ line, reason: 'This line is not a JSON object or text.' });
      }
    }
    const table = recordsToTable(records);
    return { ...table, problems: rowLimit === undefined ? [...problems, ...table.problems] : [] };
  },
} satisfies Importer;
