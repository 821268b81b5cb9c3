/** Ports around the loop: choosing files, saving files, samples, bundles, locks between tabs. Interfaces only. */

import type { BackendChoice } from '../domain/events.ts';
import type { ProjectId } from '../domain/ids.ts';
import type { Item, Modality } from '../domain/item.ts';
import type { TextRule } from '../domain/rules.ts';
import type { EncoderSpec, ModelFile } from '../encoders/spec.ts';
import type { FetchProgress, ModelKey, RemovedPart, StoredModel } from './model-ports.ts';
import type { Clock, Ids, MediaReader, SourceFile } from './ports.ts';
import type { Encoder, TuningStore } from './encoder-ports.ts';
import type { Learner } from './learner-ports.ts';
import type { Storage } from './storage-ports.ts';

/** Files that the user chose, before any is read. */
export interface Source {
  readonly name: string;
  readonly files: readonly SourceFile[];
  /** A directory handle that lasts across sessions, or null. */
  readonly handle: unknown;
}

export interface FilePicker {
  /** True where `showDirectoryPicker` exists. */
  readonly canPickFolder: boolean;
  /** Opens the folder dialog. Rejects with an AbortError when the user closes it. */
  pickFolder(): Promise<Source>;
  fromFiles(files: ArrayLike<File>): Promise<Source>;
  fromDrop(transfer: DataTransfer): Promise<Source>;
  fromHandle(handle: unknown): Promise<Source>;
  /** `granted` without asking, or after asking when `ask` (needs a click). */
  permission(handle: unknown, ask: boolean): Promise<'granted' | 'needs-permission'>;
  /** Whether two handles are of the same folder. */
  isSame(a: unknown, b: unknown): Promise<boolean>;
  /** An item's bytes through a kept handle, only where they still are its bytes. Throws `original-missing` or `folder-permission`. */
  original(handle: unknown, item: Item): Promise<Blob>;
}

export interface SampleSource {
  /** A practice project's files, generated in the browser. `onProgress` gets 0..1. */
  generate(
    sample: 'triage' | 'inspection',
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<Source>;
}

export interface Bundles {
  write(
    project: ProjectId,
    withOriginals: boolean,
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<Blob>;
  /**
   * Reads a project zip as the new project `project`. Nothing is stored unless everything is valid; a cancel may leave
   * something stored for the project, which is not listed then.
   */
  read(
    file: Blob,
    project: ProjectId,
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<void>;
}

/** Looks for a rule in texts, where a bad regular expression can freeze nothing. */
export interface RuleMatcher {
  /** Indices of the texts that it hits, ascending. Throws `rule-too-slow`; the next call works again. */
  hits(rule: Pick<TextRule, 'kind' | 'text'>, texts: readonly string[]): Promise<Int32Array>;
  /** Ends what is under way with an AbortError. */
  stop(): void;
}

/** Only one tab writes to a project. */
export interface ProjectLocks {
  /** Resolves true when this tab holds the lock. `onLost` is called when another tab takes it over. */
  acquire(project: ProjectId, steal: boolean, onLost: () => void): Promise<boolean>;
  release(project: ProjectId): void;
}

export interface NetworkLedger {
  /** Requests since the page was loaded, and those that left the origin. */
  count(): { requests: number; foreign: number };
}

export interface StorageGauge {
  estimate(): Promise<{ usedBytes: number; quotaBytes: number; isPersisted: boolean } | null>;
  persist(): Promise<boolean>;
}

export interface CopyStatus {
  /** `none`: this browser keeps no copy. `failed`: there was no room or no network for it; it is tried again. */
  readonly state: 'none' | 'preparing' | 'ready' | 'failed';
  /** Of the app's own files; 0 until it is ready. */
  readonly sizeBytes: number;
  /** How many other versions have become ready while the page is open; the last of them can be loaded. */
  readonly updates: number;
  /** `after-reload`: this page has one thread for want of headers, and would have more if it were loaded again. */
  readonly threads: 'as-they-are' | 'after-reload';
}
/** The app's own files on this machine, so that it starts without a network. */
export interface OfflineCopy {
  /** Begins to keep the app; `onChange` is called on every change. */
  start(onChange: (status: CopyStatus) => void): void;
  /** Loads the version that is ready. */
  update(): void;
  /** Reloads the page, and never twice in one tab. */
  reloadForThreads(): void;
  /** Nobody has clicked or typed since the page was loaded. */
  readonly isUntouched: boolean;
}

export interface FetchRequest {
  readonly key: ModelKey;
  readonly files: readonly ModelFile[];
  /** Kept with the files when the encoder does not come with the app. */
  readonly encoder: EncoderSpec | null;
}
/** A model that this site serves below `/models/<path>/`. */
export interface SiteModel {
  readonly path: string;
  /** Sizes in bytes by path. */
  readonly files: Readonly<Record<string, number>>;
  /** SHA-256 of settings and weights by path, where the site's list has them. */
  readonly digests?: Readonly<Record<string, string>>;
}
/** Encoder files: on this machine, on this site, and on the hub. */
export interface Models {
  list(): Promise<StoredModel[]>;
  /** @param only what goes, where another encoder keeps the rest */
  remove(key: ModelKey, only?: RemovedPart): Promise<void>;
  /** What this site serves, and those of it that are encoders which do not come with the app. */
  onSite(): Promise<{ models: readonly SiteModel[]; encoders: readonly EncoderSpec[] }>;
  /** Asks the hub about a repository and describes it as an encoder. Throws when it can't be one, with the reason. */
  inspect(repository: string, modality: Modality, signal: AbortSignal): Promise<EncoderSpec>;
  /** Copies a folder with a model onto this machine. Throws when it can't be an encoder, with the reason. */
  addFolder(
    source: Source,
    modality: Modality,
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<EncoderSpec>;
  /** Brings files from the hub onto this machine; what has arrived stays after an error or a cancel. */
  fetch(request: FetchRequest, signal: AbortSignal, onProgress: (progress: FetchProgress) => void): Promise<void>;
}

/** Everything that the state is built from; compose.ts fills it in. */
export interface Services {
  readonly openStorage: () => Promise<Storage>;
  readonly media: MediaReader;
  readonly newEncoder: () => Encoder;
  readonly newLearner: () => Learner;
  readonly models: Models;
  /** Where an encoder would run on this machine. */
  readonly backendHere: (choice: BackendChoice) => Promise<'webgpu' | 'wasm'>;
  /** True where an encoder would run on a graphics card that computes in half precision. */
  readonly hasHalfHere: (choice: BackendChoice) => Promise<boolean>;
  /** How fast encoders are on this machine. */
  readonly tunings: TuningStore;
  readonly picker: FilePicker;
  readonly samples: SampleSource;
  readonly rules: RuleMatcher;
  readonly bundles: (storage: Storage) => Bundles;
  readonly locks: ProjectLocks;
  readonly network: NetworkLedger;
  readonly gauge: StorageGauge;
  /** Null where the app is not kept for offline use, as in development. */
  readonly offline: OfflineCopy | null;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly saveFile: (name: string, blob: Blob) => void;
}
