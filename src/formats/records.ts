import { WinnowError } from '../domain/errors.ts';
import type { Table } from './format.ts';

/** A table from parsed JSON records: objects become columns, texts one column called `text`. */
export function recordsToTable(records: readonly { line: number; record: unknown }[]): Table {
  const columns: string[] = [];
  const known = new Map<string, number>();
  const problems: { line: number; reason: string }[] = [];
  const rows: string[][] = [];
  const numbers: number[] = [];
  for (const { line, record } of records) {
    const fields = typeof record === 'string' ? { text: record } : record;
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
      problems.push({ line, reason: 'This entry is neither an object nor a text.' });
      continue;
    }
    const row: string[] = [];
    for (const [name, value] of Object.entries(fields)) {
      let at = known.get(name);
      if (at === undefined) {
        at = columns.push(name) - 1;
        known.set(name, at);
      }
      row[at] = cell(value);
    }
    rows.push(row);
    numbers.push(line);
  }
  if (columns.length === 0) throw new WinnowError('table-unreadable', 'It holds no objects and no texts');
  return { columns, rows: rows.map((row) => columns.map((_, i) => row[i] ?? '')), numbers, problems };
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
