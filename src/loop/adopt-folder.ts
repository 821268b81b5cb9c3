import { WinnowError } from '../domain/errors.ts';
import type { Modality } from '../domain/item.ts';
import { Sha256 } from '../domain/sha256.ts';
import type { EncoderSpec, ModelFile } from '../encoders/spec.ts';
import { checkModel } from './check-model.ts';
import { LEFT_FREE, noRoom } from './fetch-model.ts';
import type { ModelKey, ModelStore } from './model-ports.ts';

export interface FolderFile {
  /** Below the chosen folder, `/` between parts. */
  readonly path: string;
  readonly blob: Blob;
}

export interface AdoptOptions {
  readonly name: string;
  readonly found: readonly FolderFile[];
  readonly modality: Modality;
  readonly store: ModelStore;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Copies a model of the user's own folder into the store, so that it works in every session without asking again. The same
 * files give the same encoder on every machine: the id is a digest of them. A copy that does not fit is not begun, and one
 * that does not come to its end is removed. Throws what `checkModel` throws, and `model-no-room`.
 */
export async function adoptFolder({
  name,
  found,
  modality,
  store,
  signal,
  onProgress,
}: AdoptOptions): Promise<EncoderSpec> {
  const blobs = new Map(found.map((f) => [f.path, f.blob]));
  const blobOf = (path: string): Blob => {
    const blob = blobs.get(path);
    if (!blob) throw new WinnowError('model-file-missing', `There is no ${path}`);
    return blob;
  };
  const source = {
    files: found.map((f) => ({ path: f.path, sizeBytes: f.blob.size })),
    text: (path: string) => blobOf(path).text(),
  };
  const who = { id: 'local:', name, modality, licence: '', advice: 'From a folder of yours.' };
  const checked = await checkModel(source, { ...who, repository: 'local/folder', revision: '' });
  const wanted = [...(checked.hub?.files ?? []), ...Object.values(checked.hub?.weights ?? {}).flat()];
  const total = 2 * wanted.reduce((sum, file) => sum + file.sizeBytes, 0);
  let done = 0;
  const step = (bytes: number): void => {
    signal.throwIfAborted();
    onProgress((done += bytes), total);
  };

  const all = new Sha256();
  const hashed: (ModelFile & { sha256: string })[] = [];
  for (const file of [...wanted].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const hash = new Sha256();
    await each(blobOf(file.path), (bytes) => {
      hash.update(bytes);
      step(bytes.length);
    });
    const sha256 = hash.digest();
    all.update(new TextEncoder().encode(`${file.path} ${sha256}\n`));
    hashed.push({ ...file, sha256 });
  }
  // How a text is pooled is in a file of its own, which is read here and not kept. The usual way leaves the id as it is.
  if (modality === 'text' && checked.pooling === 'cls') all.update(new TextEncoder().encode('pooling cls\n'));
  const revision = all.digest();
  const repository = `local/${revision.slice(0, 12)}`;
  const encoder = await checkModel(source, { ...who, id: `local:${revision.slice(0, 12)}`, repository, revision });

  const key = { repository, revision };
  const planned = hashed.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256, gitId: null }));
  const before = await store.get(key);
  const there = new Set(before?.files.flatMap((f) => (f.isVerified ? [f.path] : [])));
  const missing = planned.filter((f) => !there.has(f.path));
  if (missing.length === 0) return encoder;
  try {
    await store.plan(key, revision, planned, encoder);
    let rest = missing.reduce((sum, f) => sum + f.sizeBytes, 0);
    for (const { path, sizeBytes } of missing) {
      await copy(store, key, path, blobOf(path), rest, step);
      rest -= sizeBytes;
    }
  } catch (error) {
    // It can only be copied again as a whole; half of it would be in the way of labels.
    await store.remove(key);
    throw error;
  }
  return encoder;
}

/** @param rest bytes that are still to come, with this file */
async function copy(
  store: ModelStore,
  key: ModelKey,
  path: string,
  blob: Blob,
  rest: number,
  step: (bytes: number) => void,
): Promise<void> {
  const writer = await store.open(key, path);
  try {
    writer.truncate(0);
    if (!writer.hasRoomFor(rest + LEFT_FREE)) throw noRoom(rest + LEFT_FREE, Infinity);
    await each(blob, (bytes) => {
      writer.write(bytes);
      step(bytes.length);
    });
  } catch (error) {
    const isFull = error instanceof WinnowError && error.code === 'storage-full';
    throw isFull ? noRoom(rest + LEFT_FREE, Infinity) : error;
  } finally {
    writer.close();
  }
  await store.markVerified(key, path);
}

async function each(blob: Blob, use: (bytes: Uint8Array) => void): Promise<void> {
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    use(value);
  }
}
