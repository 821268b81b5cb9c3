import { isAbort, WinnowError } from '../domain/errors.ts';
import type { Rejection } from '../domain/item.ts';
import { importerFor } from '../formats/importers.ts';
import { folderOf, type ImportOptions, type ReadItem, type ReadResult } from './import-items.ts';
import type { SourceFile } from './ports.ts';

const ROWS_PER_PART = 500;
/** Characters of one text; more is not a text to label but a book. */
const LONGEST_TEXT = 2_000_000;
const LARGEST_TABLE_BYTES = 512 * 1024 * 1024;

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
    if (rows.length === 0 && rejected.length === 0) return yield refused('There is no text in this file.', 'empty');
  } catch (error) {
    if (isAbort(error)) throw error;
    const detail = error instanceof WinnowError ? `${error.detail}. ` : '';
    return yield refused(
      `${detail}This file could not be read as texts; Winnow reads CSV, TSV, JSON, JSONL, TXT and MD in UTF-8 or UTF-16.`,
      'not-text',
    );
  }
  for (let start = 0; start < rows.length || start === 0; start += ROWS_PER_PART) {
    const part = rows.slice(start, start + ROWS_PER_PART);
    const good = part.filter((row) => {
      const code = row.text.trim() === '' ? 'empty' : row.text.length > LONGEST_TEXT ? 'too-long' : null;
      if (code === 'empty') rejected.push({ path: row.path, code, reason: 'This text is empty.' });
      if (code === 'too-long') {
        const reason = `This text has ${row.text.length.toLocaleString('en')} characters; 2,000,000 are the most. Split it.`;
        rejected.push({ path: row.path, code, reason });
      }
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
  const { hints, textColumn, idColumn, labelColumn } = options.choice;
  const blob = await file.blob();
  const importer = importerFor(file.path);
  const isSingle = /\.(md|markdown)$/i.test(file.path) || (importer?.id === 'lines' && options.source.files.length > 1);
  if (!importer && !isSingle) throw new WinnowError('table-unreadable', 'Its name has none of the known endings');
  const table = await options.media.readTable(isSingle ? 'lines' : (importer?.id ?? 'lines'), blob);
  if (isSingle) {
    const text = await wholeText(blob, options);
    return [{ path: file.path, text, hint: hints === 'none' ? null : folderOf(file.path) }];
  }
  for (const { line, reason } of table.problems) {
    rejected.push({ path: `${file.path}#${line}`, code: 'bad-row', reason });
  }
  const column = importer?.hasColumns ? textColumn : 0;
  return table.rows.map((row, i) => {
    const key = idColumn === null || !importer?.hasColumns ? String(i + 1) : row[idColumn] || String(i + 1);
    const label = importer?.hasColumns && labelColumn !== null ? row[labelColumn]?.trim() || null : null;
    return { path: `${file.path}#${key}`, text: row[column] ?? '', hint: hints === 'none' ? null : label };
  });
}

/** A file that is one text, line breaks and all. */
async function wholeText(blob: Blob, options: ImportOptions): Promise<string> {
  const { rows } = await options.media.readTable('lines', blob);
  const text = await blob.text();
  // Other encodings than UTF-8 show as replacement characters; the importer has decoded them line by line.
  return text.includes('\uFFFD') || text.includes('\0') ? rows.map((row) => row[0] ?? '').join('\n') : text;
}
