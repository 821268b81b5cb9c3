import { isAbort, WinnowError } from '../domain/errors.ts';
import type { Modality } from '../domain/item.ts';
import { guessColumns, type ColumnGuess } from '../formats/columns.ts';
import { importerFor } from '../formats/importers.ts';
import type { Source } from './app-ports.ts';
import type { MediaReader, SourceFile } from './ports.ts';

export interface SourceOffer {
  readonly sourceName: string;
  readonly fileCount: number;
  /** Immediate folder names that may serve as labels, sorted. */
  readonly folderNames: readonly string[];
  readonly table: null | {
    readonly fileName: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly problems: number;
    readonly guess: ColumnGuess;
  };
}

/** A larger table is not read at all. */
export const LARGEST_TABLE_BYTES = 512 * 1024 * 1024;
const PREVIEW_ROWS = 8;
const GUESS_ROWS = 60;

/**
 * Looks at a source before anything is read: folder names, and the first rows of the first table that can be read. Throws
 * `nothing-usable` for a source without files, and why its table can't be read when there is nothing but that table.
 */
export async function inspectSource(source: Source, modality: Modality, media: MediaReader): Promise<SourceOffer> {
  const { name: sourceName, files } = source;
  if (files.length === 0) throw new WinnowError('nothing-usable', `${sourceName || 'This folder'} holds no files`);
  const folderNames = [...new Set(files.flatMap((f) => folderOf(f.path) ?? []))].sort();
  const table = modality === 'text' ? await firstTable(files, media) : null;
  return { sourceName, fileCount: files.length, folderNames, table };
}

/** Name of the folder directly above a file, or null at the top. */
export function folderOf(path: string): string | null {
  return path.split('/').at(-2) ?? null;
}

async function firstTable(files: readonly SourceFile[], media: MediaReader): Promise<SourceOffer['table']> {
  for (const file of files) {
    if (!importerFor(file.path)?.hasColumns) continue;
    try {
      return await preview(file, media);
    } catch (error) {
      // Among others the import lists it with its reason, and another table shows the columns.
      if (files.length === 1 || isAbort(error)) throw error;
    }
  }
  return null;
}

async function preview(file: SourceFile, media: MediaReader): Promise<SourceOffer['table']> {
  if (file.sizeBytes === 0) throw new WinnowError('table-unreadable', `${file.path} is empty`);
  if (file.sizeBytes > LARGEST_TABLE_BYTES) throw new WinnowError('too-large', `${file.path} has more than 512 MB`);
  const read = await media.readTable(importerFor(file.path)?.id ?? '', await file.blob(), GUESS_ROWS);
  return {
    fileName: file.path,
    columns: read.columns,
    rows: read.rows.slice(0, PREVIEW_ROWS),
    problems: read.problems.length,
    guess: guessColumns(read),
  };
}
