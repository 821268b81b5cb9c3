import type { Head } from '../domain/head.ts';
import type { Item } from '../domain/item.ts';
import type { ProjectState } from '../domain/project-state.ts';
import type { WinnowEvent } from '../domain/events.ts';
import type { ClassId, ItemId } from '../domain/ids.ts';

/** A table as read from a file; every cell is a string. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** 1-based number of each row in the file, as `problems` counts; absent where it is its place in `rows`. */
  readonly numbers?: readonly number[];
  /** Rows that could not be read, with the 1-based number in the file. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
}

/** Turns the bytes of a text-like file into a table. Pure. Throws `WinnowError('table-unreadable')`. */
export interface Importer {
  readonly id: string;
  readonly name: string;
  /** Lower-case extensions without the dot. */
  readonly extensions: readonly string[];
  /** True when it is a table whose columns the user picks; false when each row is simply one text. */
  readonly hasColumns: boolean;
  /** `rowLimit` reads only the first rows, for the preview. */
  read(bytes: Uint8Array, rowLimit?: number): Table;
}

/** Everything an exporter may need. `predictions` is null before the first head. */
export interface Snapshot {
  readonly projectId: string;
  readonly state: ProjectState;
  readonly items: readonly Item[];
  readonly events: readonly WinnowEvent[];
  readonly head: Head | null;
  /** Row-major [items, classes] float32 probabilities by item row, at `temperature`. */
  readonly predictions: { readonly classes: readonly ClassId[]; readonly probabilities: Float32Array } | null;
  /** Temperature from the calibration slice, which the probabilities of `head` are yet to be put at; null without one. */
  readonly temperature: number | null;
  /** Full text of an item, where it is a text and the exporter has asked for it. */
  readonly textOf: (id: ItemId) => string | undefined;
  /** Short facts about the encoder: goes beside the exported head. */
  readonly encoder: {
    readonly id: string;
    readonly name: string;
    /** Key of the embeddings: id, revision and precision. The model reads no others. */
    readonly embeddings: string;
    readonly revision: number;
    readonly dim: number;
    readonly preprocessing: string;
  };
  readonly exportedAt: number;
}

export interface ExportedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** One export format: snapshot in, files out. Pure. */
export interface Exporter {
  readonly id: string;
  readonly name: string;
  /** One sentence: what is in the file and who reads it. */
  readonly summary: string;
  readonly needsHead: boolean;
  /** Whose texts it writes: `textOf` of a snapshot need not know others. */
  readonly texts: 'none' | 'labelled' | 'all';
  export(snapshot: Snapshot): readonly ExportedFile[];
}
