import { inflateSync, strFromU8, Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { WinnowError } from '../domain/errors.ts';
import { corrupt } from './bundle.ts';

/** Limits of a zip without extensions. */
const MOST_ZIP_BYTES = 0xffff_ffff;
const MOST_ENTRIES = 0xffff;
/** What one entry, and all together, may unpack to: a small file that claims more is an attack or a mistake. */
const MOST_ENTRY_BYTES = 1024 ** 3;
const MOST_TOTAL_BYTES = 16 * 1024 ** 3;

/** Writes a zip piece by piece; `emit` gets its bytes in order. Throws `too-large` at 4 GB or 65,535 entries. */
export class ZipWriter {
  #failure: unknown = null;
  #size = 0;
  #entries = 0;
  readonly #zip: Zip;

  constructor(emit: (bytes: Uint8Array) => void) {
    this.#zip = new Zip((error, bytes) => {
      if (error) {
        this.#failure = error;
        return;
      }
      this.#size += bytes.length;
      emit(bytes);
    });
  }

  /** `isPacked`: the bytes are compressed already (pictures) or won't shrink (embeddings), so they are stored as they are. */
  add(name: string, bytes: Uint8Array, isPacked: boolean): void {
    const entry = isPacked ? new ZipPassThrough(name) : new ZipDeflate(name, { level: 6 });
    // One time for all: the same project gives the same bytes.
    entry.mtime = new Date(2000, 0, 1);
    this.#zip.add(entry);
    entry.push(bytes, true);
    this.#entries++;
    this.#check();
  }

  end(): void {
    this.#zip.end();
    this.#check();
  }

  #check(): void {
    if (this.#failure) throw new WinnowError('unexpected', 'The project could not be packed', { cause: this.#failure });
    if (this.#size > MOST_ZIP_BYTES || this.#entries > MOST_ENTRIES) {
      throw new WinnowError('too-large', 'A project file holds at most 4 GB; leave the originals out');
    }
  }
}

interface ZipEntry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerAt: number;
}
/** Reads bytes `from` (included) to `to` (excluded) of a file. */
export type ReadRange = (from: number, to: number) => Promise<Uint8Array>;

/** Reads single files of a zip by its central directory, without unpacking the rest. Every failure is `bundle-corrupt`. */
export class ZipReader {
  readonly #read: ReadRange;
  readonly #entries: ReadonlyMap<string, ZipEntry>;

  private constructor(read: ReadRange, entries: ReadonlyMap<string, ZipEntry>) {
    this.#read = read;
    this.#entries = entries;
  }

  /** @param isStrict refuses a file whose names no project has; else they are kept as they are */
  static async open(size: number, read: ReadRange, isStrict = true): Promise<ZipReader> {
    const tailAt = Math.max(0, size - 22 - 0xffff);
    const tail = await read(tailAt, size);
    const endAt = findEnd(tail);
    if (endAt < 0) throw corrupt('It is not a zip file, or its end is missing');
    const end = viewOf(tail, endAt);
    const [count, length, from] = [end.getUint16(10, true), end.getUint32(12, true), end.getUint32(16, true)];
    if (count === MOST_ENTRIES || from === MOST_ZIP_BYTES)
      throw corrupt('It is larger than 4 GB or holds more than 65,534 files; split it');
    if (from + length > size) throw corrupt('Its end is missing');
    return new ZipReader(read, directory(await read(from, from + length), count, size, isStrict));
  }

  /** Names of all files and folders, in the order of the directory. */
  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Bytes of a file once it is unpacked, as the directory says; 0 for one that is not there. */
  sizeOf(name: string): number {
    return this.#entries.get(name)?.bytes ?? 0;
  }

  /** One file, unpacked. */
  async file(name: string): Promise<Uint8Array> {
    const entry = this.#entry(name);
    const { from, to } = await this.packed(name);
    const packed = await this.#read(from, to);
    if (packed.length !== entry.packedBytes) throw corrupt(`${name} is cut off`);
    if (!entry.isDeflated) return packed;
    try {
      // The room is what the directory promised: more than that is never unpacked, whatever the data say.
      return inflateSync(packed, { out: new Uint8Array(entry.bytes) });
    } catch (error) {
      throw corrupt(`${name} can't be unpacked`, error);
    }
  }

  /** Where the packed bytes of a file are, and whether they are deflated. */
  async packed(name: string): Promise<{ from: number; to: number; isDeflated: boolean }> {
    const entry = this.#entry(name);
    const header = await this.#read(entry.headerAt, entry.headerAt + 30);
    if (header.length < 30 || viewOf(header).getUint32(0, true) !== 0x04034b50) throw corrupt(`${name} can't be read`);
    const at = entry.headerAt + 30 + viewOf(header).getUint16(26, true) + viewOf(header).getUint16(28, true);
    return { from: at, to: at + entry.packedBytes, isDeflated: entry.isDeflated };
  }

  #entry(name: string): ZipEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw corrupt(`${name} is missing`);
    return entry;
  }
}

function findEnd(tail: Uint8Array): number {
  for (let i = tail.length - 22; i >= 0; i--) {
    if (tail[i] === 0x50 && tail[i + 1] === 0x4b && tail[i + 2] === 0x05 && tail[i + 3] === 0x06) return i;
  }
  return -1;
}

function directory(bytes: Uint8Array, count: number, size: number, isStrict: boolean): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length) throw corrupt('Its directory is cut off');
    const view = viewOf(bytes, at);
    if (view.getUint32(0, true) !== 0x02014b50) throw corrupt('Its directory can’t be read');
    const [flags, method] = [view.getUint16(8, true), view.getUint16(10, true)];
    const [packedBytes, unpacked] = [view.getUint32(20, true), view.getUint32(24, true)];
    const nameBytes = view.getUint16(28, true);
    const name = strFromU8(bytes.subarray(at + 46, at + 46 + nameBytes));
    const headerAt = view.getUint32(42, true);
    at += 46 + nameBytes + view.getUint16(30, true) + view.getUint16(32, true);
    total += unpacked;
    if (flags & 1) throw corrupt('It is encrypted');
    if (method !== 0 && method !== 8) throw corrupt(`${name} is packed in an unknown way`);
    if (method === 0 && packedBytes !== unpacked) throw corrupt(`${name} has the wrong size`);
    if (headerAt + packedBytes > size) throw corrupt(`${name} is cut off`);
    if (unpacked > MOST_ENTRY_BYTES || total > MOST_TOTAL_BYTES)
      throw corrupt('It claims to unpack to more than a project can hold');
    if (isStrict && (isUnsafeName(name) || entries.has(name)))
      throw corrupt('It holds a file name that no project has');
    entries.set(name, { name, isDeflated: method === 8, packedBytes, bytes: unpacked, headerAt });
  }
  return entries;
}

/** True for a name that would lead out of a folder: absolute, with a drive, backward strokes or `..`. */
function isUnsafeName(name: string): boolean {
  return /^(?:\/|[a-z]:)|\\|(?:^|\/)\.\.(?:\/|$)/i.test(name);
}

function viewOf(bytes: Uint8Array, at = 0): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
}
