import { isAbort, WinnowError } from '../domain/errors.ts';
import type { Rejection } from '../domain/item.ts';
import type { Table } from '../formats/format.ts';
import { importerFor } from '../formats/importers.ts';
import type { ImportOptions, ReadItem, ReadResult } from './import-items.ts';
import { folderOf, LARGEST_TABLE_BYTES } from './inspect-source.ts';
import type { SourceFile } from './ports.ts';

const ROWS_PER_PART = 500;
/** Characters of one text; more is not a text to label but a book. */
const LONGEST_TEXT = 2_000_000;
/** No encoding takes more bytes for a character. */
const MOST_BYTES_PER_CHARACTER = 4;

export const NOT_OPENED = 'This file could not be opened. It may have been moved, or another program holds it.';

/** A part of one file, with how many of its `total` texts are done. */
export interface TextPart extends ReadResult {
  readonly done: number;
  readonly total: number;
  readonly isLast: boolean;
}

/** Reads a table, a list of lines or a single text. A file that can't be read gives one refusal and nothing else. */
export async function* readTextFiles(file: SourceFile, options: ImportOptions): AsyncGenerator<TextPart> {
  const refused = (reason: string, code: Rejection['code'] = 'unreadable'): TextPart => ({
    read: [],
    rejected: [{ path: file.path, code, reason }],
    done: 1,
    total: 1,
    isLast: true,
  });
  let rows: readonly TextRow[];
  const rejected: Rejection[] = [];
  try {
    if (file.sizeBytes === 0) return yield refused('This file is empty.', 'empty');
    if (file.sizeBytes > LARGEST_TABLE_BYTES) {
      return yield refused('This file is larger than 512 MB. Split it into smaller files.', 'too-long');
    }
    rows = await readRows(file, options, rejected);
  } catch (error) {
    if (isAbort(error)) throw error;
    if (!(error instanceof WinnowError)) return yield refused(NOT_OPENED);
    if (error.code === 'bad-input') return yield refused(`${error.detail}.`);
    const detail = error instanceof WinnowError && error.detail !== '' ? `${error.detail}. ` : '';
    return yield refused(
      `${detail}This file could not be read as texts; Winnow reads CSV, TSV, JSON, JSONL, TXT and MD in UTF-8 or UTF-16.`,
      'not-text',
    );
  }
  if (rows.length + rejected.length === 0) {
    return yield refused('This file has column names but no rows.', 'empty');
  }
  for (let start = 0; start < rows.length || start === 0; start += ROWS_PER_PART) {
    const part = rows.slice(start, start + ROWS_PER_PART);
    const good = part.filter((row) => {
      const code = row.text.trim() === '' ? 'empty' : row.text.length > LONGEST_TEXT ? 'too-long' : null;
      if (code === 'empty') rejected.push({ path: row.path, code, reason: 'This text is empty.' });
      if (code === 'too-long') rejected.push({ path: row.path, code, reason: tooLong(row.text.length) });
      return code === null;
    });
    const ids = await options.media.hashTexts(good.map((row) => row.text));
    const read = good.flatMap((row, i): ReadItem[] => {
      const id = ids[i];
      const { path, text, hint } = row;
      if (!id) return [];
      return [{ id, path, sizeBytes: text.length, width: 0, height: 0, text, thumb: null, original: null, hint }];
    });
    const done = Math.min(rows.length, start + ROWS_PER_PART);
    yield { read, rejected: rejected.splice(0), done, total: Math.max(1, rows.length), isLast: done >= rows.length };
  }
}

interface TextRow {
  readonly path: string;
  readonly text: string;
  readonly hint: string | null;
}

async function readRows(file: SourceFile, options: ImportOptions, rejected: Rejection[]): Promise<TextRow[]> {
  const { hints } = options.choice;
  const blob = await file.blob();
  const importer = importerFor(file.path);
  const isSingle = isOneText(file.path, options);
  if (!importer && !isSingle) throw new WinnowError('table-unreadable', 'Its name has none of the known endings');
  if (isSingle) {
    if (blob.size > LONGEST_TEXT * MOST_BYTES_PER_CHARACTER) {
      rejected.push({ path: file.path, code: 'too-long', reason: tooLong(blob.size / MOST_BYTES_PER_CHARACTER, true) });
      return [];
    }
    const text = await wholeText(blob, options);
    return [{ path: file.path, text, hint: hints === 'none' ? null : folderOf(file.path) }];
  }
  const table = await options.media.readTable(importer?.id ?? 'lines', blob);
  for (const { line, reason } of table.problems) {
    rejected.push({ path: `${file.path}#${line}`, code: 'bad-row', reason });
  }
  const { text: column, id: idColumn, label: labelColumn } = columnsOf(table, importer?.hasColumns ?? false, options);
  return table.rows.map((row, i) => {
    const number = String(table.numbers?.[i] ?? i + 1);
    const key = idColumn === null ? number : row[idColumn] || number;
    const label = labelColumn === null ? null : row[labelColumn]?.trim() || null;
    return { path: `${file.path}#${key}`, text: row[column] ?? '', hint: hints === 'none' ? null : label };
  });
}

/**
 * Where the chosen columns are in one table of several: found by name, whatever their order. Throws `bad-input` when
 * the one with the texts is missing; without ids or labels it is read all the same.
 */
function columnsOf(
  table: Table,
  hasColumns: boolean,
  { choice }: Pick<ImportOptions, 'choice'>,
): { text: number; id: number | null; label: number | null } {
  if (!hasColumns) return { text: 0, id: null, label: null };
  const { columns } = choice;
  const find = (chosen: number | null): number | null => {
    const name = chosen === null ? undefined : columns?.[chosen];
    if (name === undefined) return chosen;
    const at = table.columns.indexOf(name);
    return at < 0 ? null : at;
  };
  const text = find(choice.textColumn);
  if (text === null) {
    const name = columns?.[choice.textColumn] ?? '';
    throw new WinnowError('bad-input', `It has no column “${name}”, which you chose for the texts`);
  }
  return { text, id: find(choice.idColumn), label: find(choice.labelColumn) };
}

/** True for Markdown, and for plain text among other files: the whole file is one text. Alone it is a list of lines. */
export function isOneText(path: string, { source }: Pick<ImportOptions, 'source'>): boolean {
  return /\.(md|markdown)$/i.test(path) || (importerFor(path)?.id === 'lines' && source.files.length > 1);
}

function tooLong(characters: number, isAtLeast = false): string {
  const count = Math.round(characters).toLocaleString('en');
  return `This text has ${isAtLeast ? 'over ' : ''}${count} characters; 2,000,000 are the most. Split it.`;
}

/** A file that is one text, line breaks and all. */
async function wholeText(blob: Blob, options: ImportOptions): Promise<string> {
  const { rows } = await options.media.readTable('lines', blob);
  const text = await blob.text();
  // Other encodings than UTF-8 show as replacement characters; the importer has decoded them line by line.
  return text.includes('\uFFFD') || text.includes('\0') ? rows.map((row) => row[0] ?? '').join('\n') : text;
}
