import { WinnowError } from '../../domain/errors.ts';
import { ZipReader } from '../../formats/zip.ts';
import type { SourceFile } from '../../loop/ports.ts';

/**
 * The files of a zip. Only its directory is read here; each file is unpacked when its turn comes, by the browser's own
 * decoder off the main thread. Throws `nothing-usable` when it is damaged or encrypted.
 */
export async function filesInZip(file: File): Promise<SourceFile[]> {
  const read = async (from: number, to: number): Promise<Uint8Array> =>
    new Uint8Array(await file.slice(from, to).arrayBuffer());
  let reader: ZipReader;
  try {
    reader = await ZipReader.open(file.size, read, false);
  } catch (error) {
    const why = error instanceof WinnowError ? `: ${error.detail}` : '';
    throw new WinnowError('nothing-usable', `${file.name} can't be opened${why}`, { cause: error });
  }
  return reader
    .names()
    .filter((name) => !/[/\\]$/.test(name))
    .map((name) => ({
      path: pathOf(name),
      sizeBytes: reader.sizeOf(name),
      lastModified: file.lastModified,
      blob: () => unpack(file, reader, name),
    }));
}

/** Throws when the data are damaged or more than the directory says. */
async function unpack(file: File, reader: ZipReader, name: string): Promise<Blob> {
  const { from, to, isDeflated } = await reader.packed(name);
  const packed = file.slice(from, to);
  if (!isDeflated) return packed;
  const most = reader.sizeOf(name);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  const stream = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  for (;;) {
    const { done, value } = await stream.read();
    if (done) break;
    sizeBytes += value.length;
    if (sizeBytes > most) {
      await stream.cancel();
      throw new WinnowError('nothing-usable', `${name} is larger than its archive says`);
    }
    parts.push(value);
  }
  if (sizeBytes !== most) throw new WinnowError('nothing-usable', `${name} is cut off`);
  return new Blob(parts);
}

/** With `/` between parts and without parts that lead elsewhere. */
function pathOf(name: string): string {
  return name
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}
