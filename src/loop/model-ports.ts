/** Getting and keeping the files of encoders. Interfaces only; adapters live in platform/. */
import type { EncoderSpec } from '../encoders/spec.ts';

/** One model at one revision; its files never mix with those of another. */
export interface ModelKey {
  /** `owner/name`, or `local/name` for a folder of this machine. */
  readonly repository: string;
  readonly revision: string;
}

/** What the hub says of one file. */
export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 hex digits, for files that the hub keeps as large ones. */
  readonly sha256: string | null;
  /** Id that git gives the file (SHA-1 over a header and the bytes), 40 hex digits. */
  readonly gitId: string | null;
}
export interface HubListing {
  /** Commit that the revision stands for. */
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** As the repository states it; '' where it does not. */
  readonly licence: string;
}

/** The hub, as far as it is needed. Both throw `hub-unreachable` when the connection fails or breaks. */
export interface Hub {
  /** Throws `hub-unknown` when there is no such repository. */
  list(key: ModelKey, signal: AbortSignal): Promise<HubListing>;
  /**
   * Bytes of a file from `from` on. `from` of the answer is 0 when the hub sends the whole file anyway. Throws
   * `model-file-missing` when there is no such file.
   */
  read(
    repository: string,
    commit: string,
    path: string,
    from: number,
    signal: AbortSignal,
  ): Promise<{ readonly from: number; readonly chunks: AsyncIterable<Uint8Array> }>;
}

export interface StoredFile {
  readonly path: string;
  /** Size when it is complete. */
  readonly sizeBytes: number;
  /** What is here of it. */
  readonly storedBytes: number;
  /** True once size and digest were compared. */
  readonly isVerified: boolean;
}
export interface StoredModel {
  readonly key: ModelKey;
  readonly commit: string;
  readonly files: readonly StoredFile[];
  /** Specs of encoders that do not come with the app; two where a repository has one for texts and one for images. */
  readonly encoders: readonly EncoderSpec[];
}
/** One encoder of a model that holds two. */
export interface RemovedPart {
  readonly paths: readonly string[];
  readonly encoder: string;
}

/** An open file: bytes are added at its end. */
export interface ModelFileWriter {
  readonly size: number;
  write(bytes: Uint8Array): void;
  truncate(size: number): void;
  /** Whether so many more bytes can be stored; nothing is written. */
  hasRoomFor(bytes: number): boolean;
  /** The bytes from `from` on, at most `length`. */
  read(from: number, length: number): Uint8Array;
  /** What was written is kept. */
  close(): void;
}

/** Files of models on this machine. Partial files survive a closed tab. */
export interface ModelStore {
  list(): Promise<StoredModel[]>;
  get(key: ModelKey): Promise<StoredModel | null>;
  /** Says what will be stored, beside what is there of the same commit; files of another commit are removed first. */
  plan(key: ModelKey, commit: string, files: readonly HubFile[], encoder: EncoderSpec | null): Promise<void>;
  open(key: ModelKey, path: string): Promise<ModelFileWriter>;
  markVerified(key: ModelKey, path: string): Promise<void>;
  /** Everything, or one part; the last part takes everything with it. */
  remove(key: ModelKey, only?: RemovedPart): Promise<void>;
}

export interface FetchProgress {
  readonly path: string;
  /** Of this file. */
  readonly fileDone: number;
  readonly fileTotal: number;
  /** Of all files together. */
  readonly done: number;
  readonly total: number;
  readonly isVerifying: boolean;
}
