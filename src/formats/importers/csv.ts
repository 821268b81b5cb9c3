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
    return parseDelimited(decodeText(part, part.length < bytes.length), rowLimit);
  },
} satisfies Importer;

/** An open quotation mark takes in everything after it; after so many in one file the rest is given up. */
const MOST_OPEN_QUOTES = 20;

/**
 * RFC 4180 with the delimiter guessed from the content; the first row names the columns. A row with a quotation mark that
 * is never closed is a problem, and reading goes on in the line after it.
 */
export function parseDelimited(text: string, rowLimit?: number): Table {
  const first = parse(text, undefined, rowLimit);
  const [header, ...rows] = first.rows;
  if (!header || header.every((cell) => cell.trim() === '')) {
    throw new WinnowError('table-unreadable', 'It has no first row with column names');
  }
  const numbers = rows.map((_, i) => i + 1);
  const problems = first.strayQuotes.map((line) => ({
    line,
    reason: 'A quotation mark stands inside a quoted cell; check what was read here.',
  }));
  let { rest } = first;
  for (let opened = 1; rest !== null && rowLimit === undefined; opened++) {
    const line = numbers.length + opened;
    const isLast = opened === MOST_OPEN_QUOTES || rest === '';
    const more = opened === MOST_OPEN_QUOTES && rest !== '' ? ' The rows after it were not read.' : '';
    problems.push({ line, reason: `A quotation mark in this row is never closed.${more}` });
    if (isLast) break;
    const part = parse(rest, first.delimiter);
    part.rows.forEach((_, i) => numbers.push(line + 1 + i));
    rows.push(...part.rows);
    ({ rest } = part);
  }
  const columns = makeColumns(header, Math.max(header.length, ...rows.slice(0, 1000).map((r) => r.length)));
  const even = rows.map((row) => columns.map((_, i) => row[i] ?? ''));
  return { columns, rows: even, numbers, problems: rowLimit === undefined ? problems : [] };
}

interface Part {
  readonly rows: string[][];
  readonly delimiter: string;
  /** Numbers of rows (the first is 0) with a quotation mark where none may stand; they are read all the same. */
  readonly strayQuotes: readonly number[];
  /** What follows the line whose quotation mark is never closed; null when there is none such. */
  readonly rest: string | null;
}

function parse(text: string, delimiter?: string, rowLimit?: number): Part {
  const { data, errors, meta } = Papa.parse<string[]>(text, {
    skipEmptyLines: 'greedy',
    ...(delimiter === undefined ? { delimitersToGuess: [',', ';', '\t', '|'] } : { delimiter }),
    ...(rowLimit === undefined ? {} : { preview: rowLimit + 1 }),
  });
  const open = errors.find((e) => e.code === 'MissingQuotes');
  const stray = errors.filter((e) => e.code === 'InvalidQuotes' && e.row !== open?.row);
  const strayQuotes = [...new Set(stray.map((e) => e.row ?? 0))];
  if (!open || rowLimit !== undefined) return { rows: data, delimiter: meta.delimiter, strayQuotes, rest: null };
  const end = text.indexOf(meta.linebreak, open.index ?? text.length);
  const rest = end < 0 ? '' : text.slice(end + meta.linebreak.length);
  return { rows: data.slice(0, -1), delimiter: meta.delimiter, strayQuotes, rest };
}
