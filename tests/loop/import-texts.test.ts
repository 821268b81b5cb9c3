import { describe, expect, it } from 'vitest';
import { itemId } from '../../src/domain/ids.ts';
import { importers } from '../../src/formats/importers.ts';
import { readTextFiles } from '../../src/loop/import-texts.ts';
import type { ImportOptions } from '../../src/loop/import-items.ts';
import type { SourceFile } from '../../src/loop/ports.ts';

const file = (path: string, content: string): SourceFile => {
  const blob = new Blob([content]);
  return { path, sizeBytes: blob.size, lastModified: 0, blob: () => Promise.resolve(blob) };
};
const media = {
  readTable: async (id: string, blob: Blob) => {
    const importer = importers.find((i) => i.id === id);
    if (!importer) throw new Error(`There is no importer ${id}`);
    return importer.read(new Uint8Array(await blob.arrayBuffer()));
  },
  hashTexts: (texts: readonly string[]) =>
    Promise.resolve(texts.map((_, i) => itemId((i + 1).toString(16).padStart(64, '0')))),
};
const columns = ['key', 'text', 'label'];

async function read(content: string, choice: Partial<ImportOptions['choice']> = {}) {
  const options = {
    media,
    source: { files: [{}, {}] },
    choice: { hints: 'labels', textColumn: 1, idColumn: 0, labelColumn: 2, columns, ...choice },
  } as unknown as ImportOptions;
  for await (const part of readTextFiles(file('b.csv', content), options)) {
    return { rows: part.read.map((r) => [r.path, r.text, r.hint]), rejected: part.rejected.map((r) => r.reason) };
  }
  throw new Error('Nothing was read');
}

describe('tables of one folder', () => {
  it('are read by the names of their columns, whatever their order', async () => {
    const rows = [['b.csv#k1', 'hello', 'greeting']];
    expect((await read('key,text,label\nk1,hello,greeting\n')).rows).toEqual(rows);
    expect((await read('label,other,text,key\ngreeting,x,hello,k1\n')).rows).toEqual(rows);
  });

  it('may lack ids and labels, and are refused with a reason without their texts', async () => {
    expect((await read('other,text\nx,hello\n')).rows).toEqual([['b.csv#1', 'hello', null]]);
    const { rows, rejected } = await read('key,body\nk1,hello\n');
    expect(rows).toEqual([]);
    expect(rejected).toEqual(['It has no column “text”, which you chose for the texts.']);
  });

  it('are read by number where nobody said what the columns are called', async () => {
    expect((await read('a,b,c\nk1,hello,greeting\n', { columns: undefined })).rows).toEqual([
      ['b.csv#k1', 'hello', 'greeting'],
    ]);
  });
});
