import { WinnowError } from '../../domain/errors.ts';
import type { ModelFileWriter } from '../../loop/model-ports.ts';

/** What TypeScript's library for documents does not have: it exists in workers only. */
interface SyncAccessHandle {
  getSize(): number;
  read(bytes: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
type WorkerFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };

/** Opens a file for adding bytes. Throws `bad-input` while another tab has it open. */
export async function openWriter(file: FileSystemFileHandle): Promise<ModelFileWriter> {
  try {
    return new SyncWriter(await (file as WorkerFileHandle).createSyncAccessHandle());
  } catch (error) {
    throw busy(error);
  }
}

/** Writes in place: what was written is there also when the tab is closed without a word. */
class SyncWriter implements ModelFileWriter {
  readonly #handle: SyncAccessHandle;
  #size: number;

  constructor(handle: SyncAccessHandle) {
    this.#handle = handle;
    this.#size = handle.getSize();
  }
  get size(): number {
    return this.#size;
  }
  write(bytes: Uint8Array): void {
    try {
      const written = this.#handle.write(bytes, { at: this.#size });
      // Chromium neither throws nor writes less when the storage is full: it returns an error number as a huge count.
      if (written !== bytes.length) throw new WinnowError('storage-full');
    } catch (error) {
      this.#handle.truncate(this.#size);
      const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
      throw isFull ? new WinnowError('storage-full', '', { cause: error }) : error;
    }
    this.#size += bytes.length;
  }
  truncate(size: number): void {
    this.#handle.truncate(size);
    this.#size = this.#handle.getSize();
  }
  /** By asking for the room and giving it back: what a browser says of its quota may be made up. */
  hasRoomFor(bytes: number): boolean {
    try {
      this.#handle.truncate(this.#size + bytes);
      // Chromium leaves the size as it is where there is no room, without an error.
      return this.#handle.getSize() === this.#size + bytes;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'QuotaExceededError') return false;
      throw error;
    } finally {
      this.#handle.truncate(this.#size);
    }
  }
  read(from: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#size - from)));
    this.#handle.read(bytes, { at: from });
    return bytes;
  }
  close(): void {
    this.#handle.flush();
    this.#handle.close();
  }
}

export function busy(error: unknown): unknown {
  const isBusy = error instanceof DOMException && error.name === 'NoModificationAllowedError';
  return isBusy ? new WinnowError('bad-input', 'Another tab is working on this encoder', { cause: error }) : error;
}
