import { WinnowError } from '../domain/errors.ts';
import type { Modality } from '../domain/item.ts';
import { Sha256 } from '../domain/sha256.ts';
import type { EncoderSpec, ModelFile } from '../encoders/spec.ts';
import { checkModel } from './check-model.ts';
import type { ModelStore } from './model-ports.ts';

export interface FolderFile {
  /** Below the chosen folder, `/` between parts. */
  readonly path: string;
  readonly blob: Blob;
}

/**
 * Copies a model of the user's own folder into the store, so that it works in every session without asking again. The same
 * files give the same encoder on every machine: the id is a digest of them. Throws what `checkModel` throws.
 */
export async function adoptFolder(
  name: string,
  found: readonly FolderFile[],
  modality: Modality,
  store: ModelStore,
  onProgress: (done: number, total: number) => void,
): Promise<EncoderSpec> {
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
  const step = (bytes: Uint8Array): void => onProgress((done += bytes.length), total);

  const all = new Sha256();
  const hashed: (ModelFile & { sha256: string })[] = [];
  for (const file of [...wanted].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const hash = new Sha256();
    await each(blobOf(file.path), (bytes) => {
      hash.update(bytes);
      step(bytes);
    });
    const sha256 = hash.digest();
    all.update(new TextEncoder().encode(`${file.path} ${sha256}\n`));
    hashed.push({ ...file, sha256 });
  }
  const revision = all.digest();
  const repository = `local/${revision.slice(0, 12)}`;
  const encoder = await checkModel(source, { ...who, id: `local:${revision.slice(0, 12)}`, repository, revision });

  const key = { repository, revision };
  const planned = hashed.map(({ path, sizeBytes, sha256 }) => ({ path, sizeBytes, sha256, gitId: null }));
  await store.plan(key, revision, planned, encoder);
  for (const { path } of planned) {
    const writer = await store.open(key, path);
    try {
      writer.truncate(0);
      await each(blobOf(path), (bytes) => {
        writer.write(bytes);
        step(bytes);
      });
    } finally {
      writer.close();
    }
    await store.markVerified(key, path);
  }
  return encoder;
}

async function each(blob: Blob, use: (bytes: Uint8Array) => void): Promise<void> {
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    use(value);
  }
}
