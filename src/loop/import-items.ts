import { isAbort, WinnowError } from '../domain/errors.ts';
import type { ItemId, ProjectId } from '../domain/ids.ts';
import { PREVIEW_LENGTH, type Item, type Modality, type Rejection } from '../domain/item.ts';
import type { Source } from './app-ports.ts';
import { isOneText, NOT_OPENED, readTextFiles } from './import-texts.ts';
import { folderOf } from './inspect-source.ts';
import type { Clock, Ids, MediaReader, SourceFile } from './ports.ts';
import type { ImportJournal, NewItem, SeenFile, Storage } from './storage-ports.ts';

/** What names that came with the data are for. `start`: to spread the first batches, never as labels. */
export type HintMode = 'none' | 'labels' | 'reference' | 'start';
export interface TableChoice {
  readonly textColumn: number;
  readonly idColumn: number | null;
  readonly labelColumn: number | null;
  /** Names of the columns that the numbers count, so that tables in another order are read by name; absent: by number. */
  readonly columns?: readonly string[] | undefined;
}
export interface ImportProgress {
  readonly done: number;
  readonly total: number;
  readonly rejected: number;
  readonly ratePerS: number;
  readonly etaS: number | null;
}
/** One thing read from a source, ready to become an item; `hint` already chosen. */
export interface ReadItem {
  readonly id: ItemId;
  readonly path: string;
  readonly sizeBytes: number;
  readonly width: number;
  readonly height: number;
  readonly text: string | null;
  readonly thumb: Blob | null;
  readonly original: Blob | null;
  readonly hint: string | null;
}
/** What one import came to. */
export interface ImportResult {
  /** New items. */
  readonly added: number;
  /** Items that were there and got one more path or a name. */
  readonly copies: number;
  /** Files or rows that were refused. */
  readonly rejected: number;
  /** Files that were read before and have not changed since. */
  readonly skipped: number;
}
export interface ReadResult {
  readonly read: readonly ReadItem[];
  readonly rejected: readonly Rejection[];
}
export interface ImportOptions {
  readonly storage: Storage;
  readonly media: MediaReader;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly project: ProjectId;
  readonly modality: Modality;
  readonly source: Source;
  readonly choice: TableChoice & { readonly hints: HintMode };
  /** Store the bytes too, because no lasting folder handle exists. */
  readonly keepOriginals: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
}

const BATCH = 48;

/**
 * Reads a source in batches. Each batch is one transaction (items, refusals, what was seen, how far), so a cancel or a
 * reload loses at most the batch under way and going on skips what is there. Exact duplicates become one item with all
 * their paths. One bad file never stops the rest; a full storage does, and keeps what was stored. A cancel ends the
 * reading that is under way.
 */
export async function importItems(options: ImportOptions): Promise<ImportResult> {
  const { media, signal } = options;
  const stop = (): void => media.stop();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    return await readSource(options);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function readSource(options: ImportOptions): Promise<ImportResult> {
  const { storage, project, source, signal } = options;
  const files = [...source.files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const seen = new Map((await storage.items.seenFiles(project)).map((s) => [s.path, s.stamp]));
  const todo = files.filter((f) => seen.get(f.path) !== stampOf(f, options));
  const ledger = new Ledger(await storage.items.all(project));
  const startedAt = options.clock.now();
  const journal = { id: options.ids.next(), sourceName: source.name, startedAt, options: { ...options.choice } };
  let done = files.length - todo.length;
  let rejected = 0;
  const count = { added: 0, copies: 0, skipped: done };
  const seenFile = (file: SourceFile): SeenFile => ({ path: file.path, stamp: stampOf(file, options), item: null });
  const report = (total: number): void => {
    const seconds = (options.clock.now() - startedAt) / 1000;
    const fresh = done - (files.length - todo.length);
    const ratePerS = seconds > 0 ? fresh / seconds : 0;
    const etaS = ratePerS > 0 ? (total - done) / ratePerS : null;
    options.onProgress({ done, total, rejected, ratePerS, etaS });
  };
  const commit = async (
    result: ReadResult,
    seenNow: readonly SeenFile[],
    total: number,
    isLast: boolean,
  ): Promise<void> => {
    signal.throwIfAborted();
    const { added, changed } = ledger.take(result.read, options.modality);
    rejected += result.rejected.length;
    count.added += added.length;
    count.copies += changed.length;
    const state: ImportJournal = { ...journal, total, done, isFinished: isLast };
    await storage.items.commit(project, { added, changed, rejected: result.rejected, seen: seenNow, journal: state });
    report(total);
  };
  report(files.length);
  if (options.modality === 'text') {
    let total = todo.length;
    for (const [at, file] of todo.entries()) {
      for await (const part of readTextFiles(file, options)) {
        total = todo.length - 1 + part.total;
        done = at + part.done;
        await commit(part, part.isLast ? [seenFile(file)] : [], total, false);
      }
    }
    done = total;
    await commit({ read: [], rejected: [] }, [], total, true);
    return { ...count, rejected };
  }
  for (let start = 0; start < todo.length; start += BATCH) {
    const batch = todo.slice(start, start + BATCH);
    const results = await readTogether(batch, options);
    done += batch.length;
    const read = results.flatMap((r) => r.read);
    const refused = results.flatMap((r) => r.rejected);
    await commit({ read, rejected: refused }, batch.map(seenFile), files.length, start + BATCH >= todo.length);
  }
  if (todo.length === 0) await commit({ read: [], rejected: [] }, [], files.length, true);
  return { ...count, rejected };
}

/** A picture that ends a worker takes those beside it along: these are read once more, one by one. */
async function readTogether(files: readonly SourceFile[], options: ImportOptions): Promise<ReadResult[]> {
  const results = await Promise.all(files.map((file) => readImage(file, options)));
  for (const [i, result] of results.entries()) {
    const file = files[i];
    if (file && result === WORKER_DIED) results[i] = await readImage(file, options);
  }
  return results.map((result, i) => (result === WORKER_DIED ? refused(files[i]?.path ?? '', ENDED_WORKER) : result));
}

const ENDED_WORKER = 'Reading this picture ended its background task. It may be damaged; save it again.';
const WORKER_DIED: ReadResult = { read: [], rejected: [] };
function refused(path: string, reason: string): ReadResult {
  return { read: [], rejected: [{ path, code: 'unreadable', reason }] };
}

async function readImage(file: SourceFile, options: ImportOptions): Promise<ReadResult> {
  try {
    const blob = await file.blob();
    const result = await options.media.image(file.path, blob);
    if (!result.ok) return { read: [], rejected: [result.rejection] };
    const { id, width, height, thumb } = result;
    // A File would be stored as a reference to the disk; a Blob of its bytes is a copy.
    const original = options.keepOriginals ? new Blob([await blob.arrayBuffer()], { type: blob.type }) : null;
    const hint = options.choice.hints === 'none' ? null : folderOf(file.path);
    const { path, sizeBytes } = file;
    return { read: [{ id, path, sizeBytes, width, height, text: null, thumb, original, hint }], rejected: [] };
  } catch (error) {
    if (isAbort(error)) throw error;
    if (error instanceof WinnowError && error.code === 'worker-died') return WORKER_DIED;
    return refused(file.path, NOT_OPENED);
  }
}

function stampOf(file: SourceFile, options: ImportOptions): string {
  const { hints, textColumn, idColumn, labelColumn, columns } = options.choice;
  const named = (column: number | null): string => (column === null ? '' : (columns?.[column] ?? String(column)));
  const isText = options.modality === 'text';
  const names = hints === 'none' ? 'plain' : `named ${isText ? named(labelColumn) : ''}`;
  const texts = !isText
    ? ''
    : isOneText(file.path, options)
      ? 'one text'
      : `${named(textColumn)} by ${named(idColumn)}`;
  return [file.sizeBytes, file.lastModified, names, texts].join(':');
}

/** Gives rows in order and folds duplicates together. */
class Ledger {
  readonly #items = new Map<ItemId, Item>();
  #nextRow: number;

  constructor(items: readonly Item[]) {
    for (const item of items) this.#items.set(item.id, item);
    this.#nextRow = items.reduce((max, item) => Math.max(max, item.row + 1), 0);
  }

  take(read: readonly ReadItem[], modality: Modality): { added: NewItem[]; changed: Item[] } {
    const added = new Map<ItemId, NewItem>();
    const changed = new Map<ItemId, Item>();
    for (const { id, path, sizeBytes, width, height, text, thumb, original, hint } of read) {
      const known = this.#items.get(id);
      if (known) {
        const isNewPath = !known.paths.includes(path);
        // Read again for the names that came with it, which were ignored before.
        const isNewHint = known.hint === null && hint !== null;
        if (!isNewPath && !isNewHint) continue;
        const paths = isNewPath ? [...known.paths, path] : known.paths;
        const item: Item = { ...known, paths, hint: known.hint ?? hint };
        this.#items.set(id, item);
        const fresh = added.get(id);
        if (fresh) added.set(id, { ...fresh, item });
        else changed.set(id, item);
        continue;
      }
      const preview = (text ?? '').replace(/\s+/g, ' ').trim().slice(0, PREVIEW_LENGTH);
      const item: Item = { id, row: this.#nextRow++, modality, paths: [path], sizeBytes, width, height, preview, hint };
      this.#items.set(id, item);
      added.set(id, { item, text, thumb, original });
    }
    return { added: [...added.values()], changed: [...changed.values()] };
  }
}
