import { WinnowError } from '../../src/domain/errors.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import type {
  Hub,
  HubFile,
  HubListing,
  ModelFileWriter,
  ModelKey,
  ModelStore,
  RemovedPart,
  StoredModel,
} from '../../src/loop/model-ports.ts';

const name = (key: ModelKey): string => `${key.repository}@${key.revision}`;

interface Kept {
  commit: string;
  encoders: readonly EncoderSpec[];
  files: Map<string, { sizeBytes: number; bytes: Uint8Array; isVerified: boolean }>;
}

/** A model store in memory. */
export class MemoryModelStore implements ModelStore {
  readonly #models = new Map<string, { key: ModelKey; kept: Kept }>();
  /** Bytes of one file that can be stored. */
  capacity = Infinity;
  /** False: there seems to be room until it is used up. */
  tellsRoom = true;

  list(): Promise<StoredModel[]> {
    return Promise.resolve([...this.#models.values()].map(({ key, kept }) => stored(key, kept)));
  }
  get(key: ModelKey): Promise<StoredModel | null> {
    const found = this.#models.get(name(key));
    return Promise.resolve(found ? stored(key, found.kept) : null);
  }
  plan(key: ModelKey, commit: string, files: readonly HubFile[], encoder: EncoderSpec | null): Promise<void> {
    const old = this.#models.get(name(key))?.kept;
    const kept: Kept = old?.commit === commit ? old : { commit, encoders: [], files: new Map() };
    if (encoder) kept.encoders = [...kept.encoders.filter((e) => e.id !== encoder.id), encoder];
    for (const { path, sizeBytes } of files) {
      if (!kept.files.has(path)) kept.files.set(path, { sizeBytes, bytes: new Uint8Array(), isVerified: false });
    }
    this.#models.set(name(key), { key, kept });
    return Promise.resolve();
  }
  open(key: ModelKey, path: string): Promise<ModelFileWriter> {
    const file = this.#file(key, path);
    const fits = (bytes: Uint8Array): boolean => file.bytes.length + bytes.length <= this.capacity;
    return Promise.resolve({
      get size() {
        return file.bytes.length;
      },
      write: (bytes) => {
        if (!fits(bytes)) throw new WinnowError('storage-full');
        file.bytes = Uint8Array.from([...file.bytes, ...bytes]);
      },
      hasRoomFor: () => !this.tellsRoom || this.capacity === Infinity,
      truncate: (size) => (file.bytes = file.bytes.slice(0, size)),
      read: (from, length) => file.bytes.slice(from, from + length),
      close: () => undefined,
    });
  }
  markVerified(key: ModelKey, path: string): Promise<void> {
    this.#file(key, path).isVerified = true;
    return Promise.resolve();
  }
  remove(key: ModelKey, only?: RemovedPart): Promise<void> {
    const kept = this.#models.get(name(key))?.kept;
    for (const path of only?.paths ?? []) kept?.files.delete(path);
    if (kept && only) kept.encoders = kept.encoders.filter((e) => e.id !== only.encoder);
    if (!only || kept?.files.size === 0) this.#models.delete(name(key));
    return Promise.resolve();
  }
  bytes(key: ModelKey, path: string): Uint8Array {
    return this.#file(key, path).bytes;
  }
  #file(key: ModelKey, path: string): { sizeBytes: number; bytes: Uint8Array; isVerified: boolean } {
    const file = this.#models.get(name(key))?.kept.files.get(path);
    if (!file) throw new Error(`${path} was not planned`);
    return file;
  }
}

function stored(key: ModelKey, kept: Kept): StoredModel {
  const files = [...kept.files].map(([path, { sizeBytes, bytes, isVerified }]) => ({
    path,
    sizeBytes,
    storedBytes: bytes.length,
    isVerified,
  }));
  return { key, commit: kept.commit, encoders: kept.encoders, files };
}

/** A hub in memory. `cuts`: after how many bytes the connection breaks, or that it is not even made; one entry per request of a file. */
export class FakeHub implements Hub {
  readonly asked: string[] = [];
  readonly cuts: (number | 'refused')[] = [];
  listing: HubListing;
  readonly #contents: Map<string, Uint8Array>;
  resuming: 'works' | 'ignored' = 'works';
  /** Revisions that were asked for, one per listing. */
  readonly listed: string[] = [];
  /** Commits that are not there any more. */
  readonly forgotten = new Set<string>();

  constructor(listing: HubListing, contents: Map<string, Uint8Array>) {
    this.listing = listing;
    this.#contents = contents;
  }
  list({ revision }: ModelKey): Promise<HubListing> {
    this.listed.push(revision);
    if (this.forgotten.has(revision)) return Promise.reject(new WinnowError('hub-unknown', revision));
    return Promise.resolve(revision === 'main' ? this.listing : { ...this.listing, commit: revision });
  }
  read(_repository: string, commit: string, path: string, from: number) {
    this.asked.push(`${commit} ${path} ${from}`);
    const bytes = this.#contents.get(path);
    if (!bytes) return Promise.reject(new WinnowError('model-file-missing', path));
    const cut = this.cuts.shift() ?? Infinity;
    if (cut === 'refused') {
      return Promise.reject(new WinnowError('hub-unreachable', 'refused'));
    }
    const start = this.resuming === 'works' ? from : 0;
    return Promise.resolve({ from: start, chunks: pieces(bytes.subarray(start), cut) });
  }
}

async function* pieces(bytes: Uint8Array, cutAfter: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += 7) {
    if (at >= cutAfter) throw new WinnowError('hub-unreachable', 'cut');
    yield bytes.slice(at, at + 7);
  }
}
