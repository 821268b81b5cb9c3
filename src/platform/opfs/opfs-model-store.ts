import { WinnowError } from '../../domain/errors.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import type { HubFile, ModelFileWriter, ModelKey, ModelStore, StoredModel } from '../../loop/model-ports.ts';
import { busy, openWriter } from './sync-writer.ts';
import { formatManifest, MANIFEST, parseManifest, type Manifest } from './manifest.ts';

const FOLDER = 'models';
/** Names in the file system have no `/`. */
const named = encodeURIComponent;

/**
 * Models in the origin's private file system: `models/<repository>/<revision>/`, files flat under their encoded paths
 * beside a manifest. Writing works in workers only.
 */
export class OpfsModelStore implements ModelStore {
  readonly #folder: string;

  constructor(folder = FOLDER) {
    this.#folder = folder;
  }

  async list(): Promise<StoredModel[]> {
    const out: StoredModel[] = [];
    const root = await this.#root(false);
    if (!root) return out;
    for await (const repository of folders(root)) {
      for await (const folder of folders(repository)) {
        const model = await read(folder);
        if (model) out.push(model);
      }
    }
    return out;
  }

  async get(key: ModelKey): Promise<StoredModel | null> {
    const folder = await this.#model(key, false);
    return folder && read(folder);
  }

  async plan(key: ModelKey, commit: string, files: readonly HubFile[], encoder: EncoderSpec | null): Promise<void> {
    const stored = await this.#model(key, false);
    const old = stored && (await manifestOf(stored));
    const isSame = old?.commit === commit;
    if (stored && !isSame) await this.remove(key);
    const known = new Map(isSame ? old.files.map((f) => [f.path, f]) : []);
    for (const { path, sizeBytes } of files) {
      const before = known.get(path);
      if (before?.sizeBytes !== sizeBytes) known.set(path, { path, sizeBytes, isVerified: false });
    }
    await this.#write(key, { key, commit, files: [...known.values()], encoder });
  }

  async open(key: ModelKey, path: string): Promise<ModelFileWriter> {
    const folder = (await this.#model(key, true)) as FileSystemDirectoryHandle;
    return openWriter(await folder.getFileHandle(named(path), { create: true }));
  }

  async markVerified(key: ModelKey, path: string): Promise<void> {
    const folder = await this.#model(key, false);
    const manifest = folder && (await manifestOf(folder));
    if (!manifest) return;
    const files = manifest.files.map((f) => (f.path === path ? { ...f, isVerified: true } : f));
    await this.#write(key, { ...manifest, files });
  }

  async remove(key: ModelKey): Promise<void> {
    const root = await this.#root(false);
    if (!root) return;
    const repository = await directory(root, named(key.repository), false);
    if (!repository) return;
    try {
      await repository.removeEntry(named(key.revision), { recursive: true });
    } catch (error) {
      if (!isMissing(error)) throw busy(error);
    }
    for await (const _ of repository.keys()) return;
    await root.removeEntry(named(key.repository));
  }

  /** A verified file, or null. The bytes stay on disk until they are read. */
  async file(key: ModelKey, path: string): Promise<File | null> {
    const folder = await this.#model(key, false);
    const manifest = folder && (await manifestOf(folder));
    if (!manifest?.files.some((f) => f.path === path && f.isVerified)) return null;
    return (await folder?.getFileHandle(named(path)))?.getFile() ?? null;
  }

  async #write(key: ModelKey, manifest: Manifest): Promise<void> {
    const folder = (await this.#model(key, true)) as FileSystemDirectoryHandle;
    const writer = await openWriter(await folder.getFileHandle(MANIFEST, { create: true }));
    try {
      writer.truncate(0);
      writer.write(new TextEncoder().encode(formatManifest(manifest)));
    } finally {
      writer.close();
    }
  }

  async #root(create: boolean): Promise<FileSystemDirectoryHandle | null> {
    // Missing outside secure contexts although the types promise it.
    const storage = navigator.storage as StorageManager | undefined;
    if (!storage?.getDirectory) return null;
    return directory(await storage.getDirectory(), this.#folder, create);
  }
  async #model(key: ModelKey, create: boolean): Promise<FileSystemDirectoryHandle | null> {
    const root = await this.#root(create);
    if (!root) {
      if (create) throw new WinnowError('storage-unavailable', 'This browser has no file system for the page');
      return null;
    }
    const repository = await directory(root, named(key.repository), create);
    return repository && directory(repository, named(key.revision), create);
  }
}

async function read(folder: FileSystemDirectoryHandle): Promise<StoredModel | null> {
  const manifest = await manifestOf(folder);
  if (!manifest) return null;
  const files = await Promise.all(
    manifest.files.map(async (f) => ({ ...f, storedBytes: await sizeOf(folder, named(f.path)) })),
  );
  // A file that the system has cleared away is not verified any more.
  const isWhole = files.map((f) => ({ ...f, isVerified: f.isVerified && f.storedBytes === f.sizeBytes }));
  return { key: manifest.key, commit: manifest.commit, encoder: manifest.encoder, files: isWhole };
}

async function manifestOf(folder: FileSystemDirectoryHandle): Promise<Manifest | null> {
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

async function* folders(parent: FileSystemDirectoryHandle): AsyncGenerator<FileSystemDirectoryHandle> {
  for await (const entry of parent.values()) {
    if (entry.kind === 'directory') yield entry as FileSystemDirectoryHandle;
  }
}

async function directory(
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

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}
