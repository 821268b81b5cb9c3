import { unzip } from 'fflate';
import { WinnowError } from '../../domain/errors.ts';
import type { SourceFile } from '../../loop/ports.ts';

const MOST_BYTES = 4 * 1024 ** 3;

/** The files of a zip, unpacked off the main thread. Throws `nothing-usable` when it is damaged or encrypted. */
export async function filesInZip(file: File): Promise<SourceFile[]> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let total = 0;
  const members = await new Promise<Record<string, Uint8Array>>((done, fail) => {
    unzip(
      bytes,
      {
        filter: ({ originalSize }) => {
          total += originalSize;
          return total <= MOST_BYTES;
        },
      },
      (error, data) => {
        if (error)
          fail(new WinnowError('nothing-usable', `${file.name} is damaged, encrypted or not a zip`, { cause: error }));
        else done(data);
      },
    );
  });
  if (total > MOST_BYTES) throw new WinnowError('too-large', `${file.name} unpacks to more than 4 GB`);
  return Object.entries(members)
    .filter(([path]) => !path.endsWith('/'))
    .map(([path, data]) => ({
      path: path
        .split('/')
        .filter((part) => part !== '' && part !== '.' && part !== '..')
        .join('/'),
      sizeBytes: data.length,
      lastModified: file.lastModified,
      blob: () => Promise.resolve(new Blob([data as BlobPart])),
    }));
}
