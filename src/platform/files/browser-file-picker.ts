import { WinnowError } from '../../domain/errors.ts';
import type { Item } from '../../domain/item.ts';
import type { FilePicker, Source } from '../../loop/app-ports.ts';
import type { SourceFile } from '../../loop/ports.ts';
import { sha256 } from '../../loop/sha256.ts';
import { filesInZip } from './zip-source.ts';

/** Folder and permission calls that TypeScript's DOM library does not know yet. */
interface PermittedHandle extends FileSystemDirectoryHandle {
  queryPermission?(options: { mode: 'read' }): Promise<PermissionState>;
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
}
type WithPicker = typeof globalThis & {
  showDirectoryPicker?: (options: { mode: 'read' }) => Promise<FileSystemDirectoryHandle>;
};

/** Files that systems leave behind and nobody means to open. */
const IGNORED = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|desktop\.ini)(\/|$)/i;

/** Choosing files in a browser: folder handles, file inputs, drops and zips. */
export class BrowserFilePicker implements FilePicker {
  get canPickFolder(): boolean {
    return 'showDirectoryPicker' in globalThis;
  }

  async pickFolder(): Promise<Source> {
    const pick = (globalThis as WithPicker).showDirectoryPicker;
    if (!pick) throw new WinnowError('bad-input', 'This browser has no folder dialog');
    return this.fromHandle(await pick({ mode: 'read' }));
  }

  async fromFiles(list: ArrayLike<File>): Promise<Source> {
    const files = Array.from(list);
    const [only] = files;
    if (files.length === 1 && only && /\.zip$/i.test(only.name)) {
      return { name: only.name, files: keep(await filesInZip(only)), handle: null };
    }
    const top = files[0]?.webkitRelativePath.split('/')[0] ?? '';
    const found = files.map((file) => fromFile(file, withoutTop(file.webkitRelativePath || file.name, top)));
    const name = top || (files.length > 1 ? `${files.length} files` : (only?.name ?? ''));
    return { name, files: keep(found), handle: null };
  }

  async fromDrop(transfer: DataTransfer): Promise<Source> {
    const entries = Array.from(transfer.items).flatMap((item) => item.webkitGetAsEntry() ?? []);
    const loose = Array.from(transfer.files);
    if (entries.every((entry) => entry.isFile)) return this.fromFiles(loose);
    const found: SourceFile[] = [];
    for (const entry of entries) await walkEntry(entry, '', found);
    const [first] = entries;
    const isOneFolder = entries.length === 1 && first?.isDirectory === true;
    const files = isOneFolder ? found.map((f) => ({ ...f, path: withoutTop(f.path, first.name) })) : found;
    return { name: first?.name ?? 'dropped files', files: keep(files), handle: null };
  }

  async fromHandle(handle: unknown): Promise<Source> {
    const folder = handle as FileSystemDirectoryHandle;
    const files: SourceFile[] = [];
    await walkHandle(folder, '', files);
    return { name: folder.name || 'folder', files: keep(files), handle: folder };
  }

  async permission(handle: unknown, ask: boolean): Promise<'granted' | 'needs-permission'> {
    const folder = handle as PermittedHandle;
    if (!folder.queryPermission) return 'granted';
    let state = await folder.queryPermission({ mode: 'read' });
    if (state !== 'granted' && ask && folder.requestPermission)
      state = await folder.requestPermission({ mode: 'read' });
    return state === 'granted' ? 'granted' : 'needs-permission';
  }

  isSame(a: unknown, b: unknown): Promise<boolean> {
    return (a as FileSystemDirectoryHandle).isSameEntry(b as FileSystemDirectoryHandle);
  }

  async original(handle: unknown, item: Item): Promise<Blob> {
    let cause: unknown;
    for (const path of item.paths) {
      try {
        const file = await openPath(handle as FileSystemDirectoryHandle, path);
        // Another folder, or an edit, may have put another picture at this path.
        if (file.size === item.sizeBytes && (await sha256(new Uint8Array(await file.arrayBuffer()))) === item.id)
          return file;
      } catch (error) {
        cause = error;
        if (isPermission(error)) {
          throw new WinnowError('folder-permission', '', { cause: error });
        }
      }
    }
    throw new WinnowError('original-missing', item.paths[0] ?? '', { cause });
  }
}

function keep(files: readonly SourceFile[]): SourceFile[] {
  return files.filter((f) => !IGNORED.test(f.path));
}
function withoutTop(path: string, top: string): string {
  return top !== '' && path.startsWith(`${top}/`) ? path.slice(top.length + 1) : path;
}
function fromFile(file: File, path: string): SourceFile {
  return { path, sizeBytes: file.size, lastModified: file.lastModified, blob: () => Promise.resolve(file) };
}
/** A file that is there but can't be opened: the import lists it, and the rest goes on. Its size is not known. */
function unopened(path: string, error: unknown): SourceFile {
  const reason = error instanceof Error ? error : new Error(String(error));
  return { path, sizeBytes: Number.NaN, lastModified: 0, blob: () => Promise.reject(reason) };
}
function isPermission(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotAllowedError';
}

async function walkHandle(folder: FileSystemDirectoryHandle, prefix: string, out: SourceFile[]): Promise<void> {
  for await (const [name, entry] of folder.entries()) {
    const path = prefix + name;
    if (IGNORED.test(path)) continue;
    if (entry.kind === 'directory') {
      await walkHandle(entry as FileSystemDirectoryHandle, `${path}/`, out);
      continue;
    }
    const handle = entry as FileSystemFileHandle;
    try {
      const file = await handle.getFile();
      out.push({ path, sizeBytes: file.size, lastModified: file.lastModified, blob: () => handle.getFile() });
    } catch (error) {
      if (isPermission(error)) throw new WinnowError('folder-permission', '', { cause: error });
      out.push(unopened(path, error));
    }
  }
}

async function walkEntry(entry: FileSystemEntry, prefix: string, out: SourceFile[]): Promise<void> {
  const path = prefix + entry.name;
  if (entry.isFile) {
    try {
      const file = await new Promise<File>((done, fail) => {
        (entry as FileSystemFileEntry).file(done, fail);
      });
      out.push(fromFile(file, path));
    } catch (error) {
      out.push(unopened(path, error));
    }
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((done, fail) => {
      reader.readEntries(done, fail);
    });
    if (batch.length === 0) return;
    for (const child of batch) await walkEntry(child, `${path}/`, out);
  }
}

async function openPath(root: FileSystemDirectoryHandle, path: string): Promise<File> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = root;
  for (const part of parts) folder = await folder.getDirectoryHandle(part);
  return (await folder.getFileHandle(name)).getFile();
}
