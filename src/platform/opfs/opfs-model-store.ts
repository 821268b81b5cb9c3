import { WinnowError } from '../../domain/errors.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import type {
  HubFile,
  ModelFileWriter,
  ModelKey,
  ModelStore,
  RemovedPart,
  StoredModel,
} from '../../loop/model-ports.ts';
import { formatManifest, MANIFEST, NEXT_MANIFEST, type Manifest } from './manifest.ts';
import { directory, folders, isMissing, manifestOf, named, readModel } from './model-folder.ts';
import { busy, openWriter } from './sync-writer.ts';

const FOLDER = 'models';
/** Not in TypeScript's library yet, nor in every browser. */
type MovableHandle = FileSystemFileHandle & { move?(name: string): Promise<void> };

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
        const model = await readModel(repository.name, folder);
        if (model) out.push(model);
      }
    }
    return out;
  }

  async get(key: ModelKey): Promise<StoredModel | null> {
    const folder = await this.#model(key, false);
    return folder && readModel(named(key.repository), folder);
  }

  plan(key: ModelKey, commit: string, files: readonly HubFile[], encoder: EncoderSpec | null): Promise<void> {
    return this.#alone(key, async () => {
      const stored = await this.#model(key, false);
      const manifest = stored && (await manifestOf(stored));
      const old = manifest?.commit === commit ? manifest : null;
      if (stored && !old) await this.#discard(key);
      const known = new Map(old?.files.map((f) => [f.path, f]));
      for (const { path, sizeBytes } of files) {
        const before = known.get(path);
        if (before?.sizeBytes !== sizeBytes) known.set(path, { path, sizeBytes, isVerified: false });
      }
      const encoders = old?.encoders.filter((e) => e.id !== encoder?.id) ?? [];
      if (encoder) encoders.push(encoder);
      await this.#write(key, { key, commit, files: [...known.values()], encoders });
    });
  }

  async open(key: ModelKey, path: string): Promise<ModelFileWriter> {
    const folder = (await this.#model(key, true)) as FileSystemDirectoryHandle;
    return openWriter(await folder.getFileHandle(named(path), { create: true }));
  }

  markVerified(key: ModelKey, path: string): Promise<void> {
    return this.#alone(key, async () => {
      const folder = await this.#model(key, false);
      const manifest = folder && (await manifestOf(folder));
      if (!manifest) return;
      const files = manifest.files.map((f) => (f.path === path ? { ...f, isVerified: true } : f));
      await this.#write(key, { ...manifest, files });
    });
  }

  remove(key: ModelKey, only?: RemovedPart): Promise<void> {
    return this.#alone(key, async () => {
      const folder = await this.#model(key, false);
      const manifest = folder && (await manifestOf(folder));
      const files = manifest?.files.filter((f) => !only?.paths.includes(f.path)) ?? [];
      if (!folder || !manifest || !only || files.length === 0) return this.#discard(key);
      for (const path of only.paths) await removeFrom(folder, named(path));
      await this.#write(key, { ...manifest, files, encoders: manifest.encoders.filter((e) => e.id !== only.encoder) });
    });
  }

  /** A model's list is read, changed and written by one worker at a time, in all tabs: two halves may arrive at once. */
  async #alone(key: ModelKey, work: () => Promise<void>): Promise<void> {
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) return work();
    await locks.request(`${this.#folder} ${key.repository}@${key.revision}`, work);
  }

  async #discard(key: ModelKey): Promise<void> {
    const root = await this.#root(false);
    if (!root) return;
    const repository = await directory(root, named(key.repository), false);
    if (!repository) return;
    await removeFrom(repository, named(key.revision));
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

  /** Beside the old list first: a crash or a full disk leaves one of the two whole. */
  async #write(key: ModelKey, manifest: Manifest): Promise<void> {
    const folder = (await this.#model(key, true)) as FileSystemDirectoryHandle;
    const canMove = 'move' in FileSystemFileHandle.prototype;
    const file: MovableHandle = await folder.getFileHandle(canMove ? NEXT_MANIFEST : MANIFEST, { create: true });
    const writer = await openWriter(file);
    try {
      writer.truncate(0);
      writer.write(new TextEncoder().encode(formatManifest(manifest)));
    } finally {
      writer.close();
    }
    await file.move?.(MANIFEST);
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

async function removeFrom(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw busy(error);
  }
}
