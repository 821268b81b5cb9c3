import { isAbort, WinnowError } from '../domain/errors.ts';
import { Sha256 } from '../domain/sha256.ts';
import type { EncoderSpec, ModelFile } from '../encoders/spec.ts';
import type { FetchProgress, Hub, HubFile, HubListing, ModelFileWriter, ModelKey, ModelStore } from './model-ports.ts';
import { sha1 } from './sha256.ts';

export interface FetchOptions {
  readonly hub: Hub;
  readonly store: ModelStore;
  readonly key: ModelKey;
  /** Files to fetch, as the encoder's spec knows them. */
  readonly files: readonly ModelFile[];
  /** Kept with the files when the encoder does not come with the app. */
  readonly encoder: EncoderSpec | null;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FetchProgress) => void;
  /** Waits before a broken connection is tried again. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  /** Lets messages in, such as a cancel, during long computations. */
  readonly breathe: () => Promise<void>;
  /** Bytes that can still be stored, as far as the browser says; Infinity where it does not. */
  readonly room: () => Promise<number>;
}

/** Tries in a row that bring nothing before the connection counts as lost. */
const TRIES = 3;
const PIECE = 1 << 20;
/** Pieces between two breaths: about 50 ms of hashing. */
const BREATH = 16;
/** Bytes that a download leaves to labels and items. */
export const LEFT_FREE = 8e6;
/** Files up to this size are compared by git's id, which needs all of their bytes at once. */
const MOST_FOR_GIT_ID = 64 << 20;

/**
 * Brings files of a model from the hub into the store. What is there and verified is left alone; a partial file goes on
 * where it stopped. Each file is compared by size and by SHA-256, or git's id for small ones, before it counts as there; a
 * wrong one is thrown away. Nothing is begun that does not fit; where the storage turns out to be full on the way, what has
 * arrived stays but for a little, so that labels can be saved. Throws `hub-unreachable`, `hub-unknown`,
 * `model-file-missing`, `model-file-wrong`, `model-no-room`.
 */
export async function fetchModel(o: FetchOptions): Promise<void> {
  const listing = await list(o);
  const wanted = o.files.map((file) => expectation(file, listing.files, o.key));
  await checkRoom(o, listing.commit, wanted);
  await o.store.plan(o.key, listing.commit, wanted, o.encoder);
  const verified = new Set((await o.store.get(o.key))?.files.filter((f) => f.isVerified).map((f) => f.path));
  const total = wanted.reduce((sum, file) => sum + file.sizeBytes, 0);
  let before = 0;
  let rest = wanted.reduce((sum, file) => sum + (verified.has(file.path) ? 0 : file.sizeBytes), 0);
  for (const file of wanted) {
    const report = (fileDone: number, isVerifying: boolean): void =>
      o.onProgress({
        path: file.path,
        fileDone,
        fileTotal: file.sizeBytes,
        done: before + fileDone,
        total,
        isVerifying,
      });
    report(verified.has(file.path) ? file.sizeBytes : 0, false);
    rest -= verified.has(file.path) ? 0 : file.sizeBytes;
    if (!verified.has(file.path)) await fetchFile(o, listing.commit, file, rest, report);
    before += file.sizeBytes;
  }
}

/**
 * A branch may have moved since other files of this model were downloaded: the other half of a pair, or other weights. What
 * comes now is of their commit, so that nothing that works is thrown away; only where the hub has forgotten it, of a new one.
 */
async function list(o: FetchOptions): Promise<HubListing> {
  const stored = await o.store.get(o.key);
  const wanted = new Set(o.files.map((f) => f.path));
  if (stored?.commit && stored.files.some((f) => f.isVerified && !wanted.has(f.path))) {
    try {
      return await o.hub.list({ ...o.key, revision: stored.commit }, o.signal);
    } catch (error) {
      if (!(error instanceof WinnowError && error.code === 'hub-unknown')) throw error;
    }
  }
  return o.hub.list(o.key, o.signal);
}

/** Throws `model-no-room` when what is still to come does not fit. Files of another commit make room. */
async function checkRoom(o: FetchOptions, commit: string, wanted: readonly HubFile[]): Promise<void> {
  const stored = await o.store.get(o.key);
  const isSame = stored?.commit === commit;
  const there = new Map(stored?.files.map((f) => [f.path, f.storedBytes]));
  const had = [...there.values()].reduce((a, b) => a + b, 0);
  const missing = wanted.reduce(
    (sum, f) => sum + Math.max(0, f.sizeBytes - (isSame ? (there.get(f.path) ?? 0) : 0)),
    0,
  );
  const room = (await o.room()) + (isSame ? 0 : had);
  if (missing > 0 && room < missing + LEFT_FREE) throw noRoom(missing + LEFT_FREE, room);
}

export function noRoom(needed: number, free: number): WinnowError {
  const megabytes = (n: number): string => `${Math.ceil(n / 1e6).toLocaleString('en')} MB`;
  // Some browsers report more than they give, so that sites learn nothing of the disk.
  const said = free < needed ? `${megabytes(Math.max(0, free))} are free` : 'less is free';
  return new WinnowError('model-no-room', `${megabytes(needed)} are needed and ${said}`);
}

/** What the hub says of a file, and the digest that the spec knows where the hub gives none. */
function expectation(file: ModelFile, listed: readonly HubFile[], key: ModelKey): HubFile {
  const found = listed.find((f) => f.path === file.path);
  if (!found) throw new WinnowError('model-file-missing', `${key.repository} has no ${file.path}`);
  if (file.sha256 !== undefined && found.sha256 !== null && file.sha256 !== found.sha256) {
    throw new WinnowError('model-file-wrong', `${file.path} on the hub is not the file that Winnow knows`);
  }
  return { ...found, sha256: file.sha256 ?? found.sha256 };
}

/** @param rest bytes of the files that come after this one */
async function fetchFile(
  o: FetchOptions,
  commit: string,
  file: HubFile,
  rest: number,
  report: (fileDone: number, isVerifying: boolean) => void,
): Promise<void> {
  const writer = await o.store.open(o.key, file.path);
  try {
    if (writer.size > file.sizeBytes) writer.truncate(0);
    const needed = file.sizeBytes - writer.size + rest + LEFT_FREE;
    if (!writer.hasRoomFor(needed)) throw noRoom(needed, await o.room());
    // What was there before may be of another answer than the rest: such a file gets a second chance, from its beginning.
    let isPatched = writer.size > 0;
    for (let chances = 2; chances > 0; chances--) {
      isPatched = (await fill(writer, o, commit, file, report)) || isPatched;
      report(writer.size, true);
      if (writer.size === file.sizeBytes && (await hasDigest(writer, file, o))) {
        await o.store.markVerified(o.key, file.path);
        return;
      }
      writer.truncate(0);
      if (!isPatched) break;
    }
    throw new WinnowError('model-file-wrong', `${file.path} differs from what the hub announced`);
  } catch (error) {
    if (!isFull(error)) throw error;
    const missing = file.sizeBytes - writer.size;
    writer.truncate(Math.max(0, writer.size - LEFT_FREE));
    throw noRoom(missing + LEFT_FREE, await o.room());
  } finally {
    writer.close();
  }
}

/** Reads until all bytes are here, over several connections where they break; true when there were several. */
async function fill(
  writer: ModelFileWriter,
  o: FetchOptions,
  commit: string,
  file: HubFile,
  report: (fileDone: number, isVerifying: boolean) => void,
): Promise<boolean> {
  let connections = 0;
  for (let tries = 0; writer.size < file.sizeBytes;) {
    const first = writer.size;
    try {
      connections++;
      await readInto(writer, o, commit, file, (size) => report(size, false));
      if (writer.size < file.sizeBytes) throw new WinnowError('hub-unreachable', 'The answer ended too early');
    } catch (error) {
      o.signal.throwIfAborted();
      tries = writer.size > first ? 1 : tries + 1;
      if (isAbort(error) || !isBroken(error) || tries >= TRIES) throw error;
      await o.pause(o.signal);
    }
  }
  return connections > 1;
}

async function readInto(
  writer: ModelFileWriter,
  o: FetchOptions,
  commit: string,
  file: HubFile,
  report: (size: number) => void,
): Promise<void> {
  const { from, chunks } = await o.hub.read(o.key.repository, commit, file.path, writer.size, o.signal);
  if (from !== writer.size) writer.truncate(from);
  for await (const chunk of chunks) {
    o.signal.throwIfAborted();
    // More than was announced: the digest will say so; nothing is gained by storing it.
    if (writer.size + chunk.length > file.sizeBytes) {
      writer.truncate(0);
      throw new WinnowError('model-file-wrong', `${file.path} is longer than the hub announced`);
    }
    writer.write(chunk);
    report(writer.size);
  }
}

async function hasDigest(writer: ModelFileWriter, file: HubFile, o: FetchOptions): Promise<boolean> {
  if (file.sha256 !== null) {
    const hash = new Sha256();
    for (let at = 0; at < writer.size; at += PIECE) {
      if ((at / PIECE) % BREATH === 0) await o.breathe();
      o.signal.throwIfAborted();
      hash.update(writer.read(at, PIECE));
    }
    return hash.digest() === file.sha256;
  }
  if (file.gitId === null || writer.size > MOST_FOR_GIT_ID) return true;
  const header = new TextEncoder().encode(`blob ${writer.size}\0`);
  const bytes = new Uint8Array(header.length + writer.size);
  bytes.set(header);
  bytes.set(writer.read(0, writer.size), header.length);
  return (await sha1(bytes)) === file.gitId;
}

function isFull(error: unknown): boolean {
  return error instanceof WinnowError && error.code === 'storage-full';
}

function isBroken(error: unknown): boolean {
  return error instanceof WinnowError && error.code === 'hub-unreachable';
}
