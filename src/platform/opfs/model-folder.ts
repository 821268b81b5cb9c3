/** Reading what the folders of models hold. */
import type { StoredFile, StoredModel } from '../../loop/model-ports.ts';
import { MANIFEST, NEXT_MANIFEST, parseManifest, type Manifest } from './manifest.ts';

/** Names in the file system have no `/`. */
export const named = encodeURIComponent;

/**
 * What a model's folder holds; null when it is empty. Where its list is damaged, nothing counts as whole, and it can still be
 * fetched again or removed.
 * @param repository name of the folder above
 */
export async function readModel(repository: string, folder: FileSystemDirectoryHandle): Promise<StoredModel | null> {
  const manifest = await manifestOf(folder);
  if (!manifest) return readUnlisted(repository, folder);
  const files = await Promise.all(
    manifest.files.map(async (f) => ({ ...f, storedBytes: await sizeOf(folder, named(f.path)) })),
  );
  // A file that the system has cleared away is not verified any more.
  const isWhole = files.map((f) => ({ ...f, isVerified: f.isVerified && f.storedBytes === f.sizeBytes }));
  return { key: manifest.key, commit: manifest.commit, encoders: manifest.encoders, files: isWhole };
}

async function readUnlisted(repository: string, folder: FileSystemDirectoryHandle): Promise<StoredModel | null> {
  const files: StoredFile[] = [];
  for await (const name of folder.keys()) {
    if (name === MANIFEST || name === NEXT_MANIFEST) continue;
    const storedBytes = await sizeOf(folder, name);
    files.push({ path: decodeURIComponent(name), sizeBytes: storedBytes, storedBytes, isVerified: false });
  }
  if (files.length === 0) return null;
  const key = { repository: decodeURIComponent(repository), revision: decodeURIComponent(folder.name) };
  return { key, commit: '', encoders: [], files };
}

export async function manifestOf(folder: FileSystemDirectoryHandle): Promise<Manifest | null> {
  try {
    const file = await (await folder.getFileHandle(MANIFEST)).getFile();
    return parseManifest(await file.text());
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function sizeOf(folder: FileSystemDirectoryHandle, name: string): Promise<number> {
  try {
    return (await (await folder.getFileHandle(name)).getFile()).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

export async function* folders(parent: FileSystemDirectoryHandle): AsyncGenerator<FileSystemDirectoryHandle> {
  for await (const entry of parent.values()) {
    if (entry.kind === 'directory') yield entry as FileSystemDirectoryHandle;
  }
}

export async function directory(
  parent: FileSystemDirectoryHandle,
  name: string,
  create: boolean,
): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await parent.getDirectoryHandle(name, { create });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
