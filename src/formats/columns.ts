import type { Table } from './format.ts';

/** Column names that are unique and not empty; `width` columns. */
export function makeColumns(header: readonly string[], width: number): string[] {
  const seen = new Map<string, number>();
  return Array.from({ length: width }, (_, i) => {
    const name = (header[i] ?? '').trim() || `column ${i + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

export interface ColumnGuess {
  readonly text: number;
  readonly id: number | null;
  readonly label: number | null;
}

/** Which column holds the text (longest on average), an id and a label (by name, else few distinct short values). */
export function guessColumns(table: Table): ColumnGuess {
  const rows = table.rows.slice(0, 500);
  const length = (c: number): number => rows.reduce((sum, row) => sum + (row[c] ?? '').length, 0);
  const columns = table.columns.map((_, c) => c);
  const named = (words: RegExp): number | null => {
    const at = table.columns.findIndex((name) => words.test(name.trim()));
    return at < 0 ? null : at;
  };
  const byName = named(/^(text|message|sentence|content|body|review|comment|question|utterance)s?$/i);
  const text = byName ?? columns.reduce((best, c) => (length(c) > length(best) ? c : best), 0);
  const id = named(/^(id|uuid|key|_id|index)$/i);
  const label =
    named(/^(label|class|category|intent|target|sentiment|topic|tag)s?$/i) ?? fewValues(rows, columns, text, id);
  return { text, id: id === text ? null : id, label: label === text ? null : label };
}

function fewValues(rows: Table['rows'], columns: number[], text: number, id: number | null): number | null {
  if (rows.length < 20) return null;
  for (const c of columns) {
    if (c === text || c === id) continue;
    const values = new Set(rows.map((row) => row[c] ?? ''));
    if (values.size >= 2 && values.size <= rows.length / 5) return c;
  }
  return null;
}
