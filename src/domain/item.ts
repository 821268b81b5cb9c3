import type { ItemId, Row } from './ids.ts';

export type Modality = 'image' | 'text';

/** Characters of a text that are at hand without reading it. */
export const PREVIEW_LENGTH = 200;

/** One image or text. Everything here is small: bytes, thumbnails and long texts live in their own stores. */
export interface Item {
  readonly id: ItemId;
  /** Position in the project; given in order of import, dense from 0, never reused. */
  readonly row: Row;
  readonly modality: Modality;
  /** Every path (or `file.csv#12` for table rows) that had exactly these bytes. At least one. */
  readonly paths: readonly string[];
  readonly sizeBytes: number;
  /** Pixels after EXIF orientation; 0 for texts. */
  readonly width: number;
  readonly height: number;
  /** First `PREVIEW_LENGTH` characters of a text; empty for images. */
  readonly preview: string;
  /** Class name that came with the data (sub-folder or label column), or null. */
  readonly hint: string | null;
}

/** A file or table row that could not be used. `reason` is a whole sentence for the user. */
export interface Rejection {
  readonly path: string;
  readonly code: RejectionCode;
  readonly reason: string;
}

export type RejectionCode =
  | 'empty'
  | 'unsupported-type'
  | 'svg'
  | 'not-decodable'
  | 'too-many-pixels'
  | 'too-long'
  | 'not-text'
  | 'unreadable'
  | 'storage-full'
  | 'bad-row';
