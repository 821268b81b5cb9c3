import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { filesInZip } from '../../src/platform/files/zip-source.ts';

const fileOf = (bytes: Uint8Array, name = 'data.zip'): File => new File([bytes as BlobPart], name, { lastModified: 7 });
const TABLE = strToU8('text,label\n' + 'the same line, over and over,greeting\n'.repeat(40_000));

/** Offset of a file's entry in the directory of a zip. */
function entryAt(bytes: Uint8Array, name: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at + 46 < bytes.length; at++) {
    if (view.getUint32(at, true) !== 0x02014b50) continue;
    const length = view.getUint16(at + 28, true);
    if (new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length)) === name) return at;
  }
  throw new Error(`${name} is not in the directory`);
}

describe('the files of a zip', () => {
  it('are listed with path and size and unpacked one by one, also large ones that shrink well', async () => {
    const zip = zipSync({
      'sub/deep.csv': TABLE,
      'photo.bin': [Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255), { level: 0 }],
      'empty.txt': new Uint8Array(),
      'folder/': new Uint8Array(),
    });
    expect(zip.length).toBeLessThan(TABLE.length / 50);
    const files = await filesInZip(fileOf(zip));
    expect(files.map((f) => [f.path, f.sizeBytes, f.lastModified])).toEqual([
      ['sub/deep.csv', TABLE.length, 7],
      ['photo.bin', 5000, 7],
      ['empty.txt', 0, 7],
    ]);
    const bytes = await Promise.all(files.map(async (f) => new Uint8Array(await (await f.blob()).arrayBuffer())));
    expect(bytes[0]).toEqual(TABLE);
    expect(bytes[1]?.[1]).toBe(7919 & 255);
    expect(bytes[2]).toHaveLength(0);
  });

  it('get paths that stay below the folder, whatever their names say', async () => {
    const zip = zipSync({ '../../up.txt': strToU8('a'), '/etc/root.txt': strToU8('b'), 'a\\b.txt': strToU8('c') });
    expect((await filesInZip(fileOf(zip))).map((f) => f.path)).toEqual(['up.txt', 'etc/root.txt', 'a/b.txt']);
  });

  it('are refused one by one where their data are damaged or larger than promised; the others stay usable', async () => {
    const zip = zipSync({ 'bomb.csv': TABLE, 'good.txt': strToU8('fine, fine, fine, fine, fine, fine') });
    new DataView(zip.buffer, zip.byteOffset).setUint32(entryAt(zip, 'bomb.csv') + 24, 100, true);
    const [bomb, good] = await filesInZip(fileOf(zip));
    await expect(bomb?.blob()).rejects.toMatchObject({ code: 'nothing-usable' });
    expect(await (await good?.blob())?.text()).toMatch(/^fine/);

    const damaged = zipSync({ 'a.csv': TABLE });
    damaged.fill(255, 60, 90);
    const [only] = await filesInZip(fileOf(damaged));
    await expect(only?.blob()).rejects.toThrow();
  });

  it('are refused together when it is no zip, cut off or encrypted', async () => {
    const zip = zipSync({ 'a.csv': TABLE });
    const locked = zip.slice();
    locked[entryAt(locked, 'a.csv') + 8] = 1;
    for (const bytes of [new Uint8Array(), strToU8('not a zip'), zip.subarray(0, zip.length - 30), locked]) {
      await expect(filesInZip(fileOf(bytes, 'holiday.zip'))).rejects.toMatchObject({
        code: 'nothing-usable',
        detail: expect.stringContaining('holiday.zip') as string,
      });
    }
  });
});
