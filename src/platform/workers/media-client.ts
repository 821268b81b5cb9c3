import type { ItemId } from '../../domain/ids.ts';
import type { Table } from '../../formats/format.ts';
import type { MediaReader, MediaResult } from '../../loop/ports.ts';
import type { BrowserMediaReader } from '../files/media-reader.ts';
import { WorkerConnection } from './connection.ts';

/** Media reading in a few workers, taken in turn; one that dies takes the files under way in it along. */
export class WorkerMediaReader implements MediaReader {
  readonly #workers: readonly WorkerConnection<BrowserMediaReader>[];
  #next = 0;

  constructor(count = Math.max(1, Math.min(3, navigator.hardwareConcurrency - 1))) {
    this.#workers = Array.from(
      { length: count },
      () =>
        new WorkerConnection<BrowserMediaReader>(
          () => new Worker(new URL('./media-worker.ts', import.meta.url), { type: 'module', name: 'media' }),
        ),
    );
  }

  async image(path: string, file: Blob): Promise<MediaResult> {
    return this.#one().call(async (w): Promise<MediaResult> => w.image(path, file));
  }
  hashTexts(texts: readonly string[]): Promise<ItemId[]> {
    return this.#one().call((w) => w.hashTexts(texts));
  }
  readTable(importer: string, file: Blob, rowLimit?: number): Promise<Table> {
    return this.#one().call((w) => w.readTable(importer, file, rowLimit));
  }
  stop(): void {
    for (const worker of this.#workers) worker.stop();
  }

  #one(): WorkerConnection<BrowserMediaReader> {
    const worker = this.#workers[this.#next++ % this.#workers.length];
    if (!worker) throw new RangeError('There must be at least one worker.');
    return worker;
  }
}
