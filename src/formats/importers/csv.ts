import Papa from 'papaparse';
import { WinnowError } from '../../domain/errors.ts';
import type { Importer, Table } from '../format.ts';
import { decodeText } from '../text-codec.ts';
import { makeColumns } from '../columns.ts';

const PREVIEW_BYTES = 256 * 1024;

export default {
  id: 'csv',
  name: 'CSV or TSV',
  extensions: ['csv', 'tsv', 'tab'],
  hasColumns: true,
  read(bytes, rowLimit) {
    const part = rowLimit === undefined ? bytes : bytes.subarray(0, PREVIEW_BYTES);
    return parseDelimited(decodeText(part), rowLimit);
  },
} satisfies Importer;

/** RFC 4180 with the delimiter guessed from the content; the first row names the columns. */
export function parseDelimited(text: string, rowLimit?: number): Table {
  const { data, errors } = Papa.parse<string[]>(text, {
    skipEmptyLines: 'greedy',
    delimitersToGuess: [',', ';', '\t', '|'],
    ...(rowLimit === undefined ? {} : { preview: rowLimit + 1 }),
  });
  const [header, ...rows] = data;
  if (!header || header.every((cell) => cell.trim() === '')) {
    throw new WinnowError('table-unreadable', 'It has no first row with column names');
  }
  const columns = makeColumns(header, Math.max(header.length, ...rows.slice(0, 1000).map((r) => r.length)));
  const problems = errors
    .filter((e) => e.type === 'Quotes')
    .map((e) => ({ line: (e.row ?? 0) + 1, reason: 'A quotation mark is not closed.' }));
  const even = rows.map((row) => columns.map((_, i) => row[i] ?? ''));
  return { columns, rows: even, problems: rowLimit === undefined ? problems : [] };
}
