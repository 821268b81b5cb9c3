/**
 * What the loop needs from the outside besides storage, encoders and learners, which have ports of their own beside this file.
 * Interfaces only; adapters live in platform/, doubles in tests/fakes/.
 * Long work takes an `AbortSignal` on the caller's side and runs in batches that the caller drives.
 */
import type { ItemId } from '../domain/ids.ts';
import type { Rejection } from '../domain/item.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}
export interface Ids {
  /** A fresh random id (UUID). */
  next(): string;
  /** A fresh 32-bit seed. */
  seed(): number;
}

export type MediaResult =
  | {
      readonly ok: true;
      readonly id: ItemId;
      readonly width: number;
      readonly height: number;
      /** WebP or JPEG, longest side 256 px, EXIF orientation applied. */
      readonly thumb: Blob;
    }
  | { readonly ok: false; readonly rejection: Rejection };

/** Hashing, decoding and thumbnails, off the main thread. */
export interface MediaReader {
  image(path: string, file: Blob): Promise<MediaResult>;
  /** SHA-256 of UTF-8 bytes for each text, as 64 hex digits. */
  hashTexts(texts: readonly string[]): Promise<ItemId[]>;
  /** Tables: importer id, bytes -> table, parsed in the worker. */
  readTable(importer: string, file: Blob, rowLimit?: number): Promise<import('../formats/format.ts').Table>;
  /** Ends the worker; the next call starts a new one. */
  stop(): void;
}

/** One file of a source: a folder entry, a dropped file, a zip member. */
export interface SourceFile {
  /** Path below the chosen folder, `/` between parts. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly lastModified: number;
  blob(): Promise<Blob>;
}
