import { describe, expect, it } from 'vitest';
import { guessColumns } from '../../src/formats/columns.ts';
import { importerById, importerFor, importers } from '../../src/formats/importers.ts';
import { pixelSize, sniff } from '../../src/formats/sniff.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (id: string, bytes: Uint8Array, rowLimit?: number) => {
  const importer = importerById(id);
  if (!importer) throw new Error(`no importer ${id}`);
  return importer.read(bytes, rowLimit);
};
/** UTF-16 with its mark. */
function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(2 + text.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfeff, isLittle);
  for (let i = 0; i < text.length; i++) view.setUint16(2 + i * 2, text.charCodeAt(i), isLittle);
  return bytes;
}

describe('tables', () => {
  it.each([
    ['commas, quotes and embedded newlines', utf8('text,label\r\n"a, ""b""\nc",x\r\nd,y\r\n')],
    ['semicolons and a byte order mark', utf8('\uFEFFtext;label\n"a, ""b""\nc";x\nd;y\n')],
    ['tabs', utf8('text\tlabel\n"a, ""b""\nc"\tx\nd\ty')],
    ['UTF-16 little-endian', utf16('text,label\n"a, ""b""\nc",x\nd,y\n', true)],
    ['UTF-16 big-endian', utf16('text,label\n"a, ""b""\nc",x\nd,y\n', false)],
  ])('reads %s', (_, bytes) => {
    const table = read('csv', bytes);
    expect(table.columns).toEqual(['text', 'label']);
    expect(table.rows).toEqual([
      ['a, "b"\nc', 'x'],
      ['d', 'y'],
    ]);
  });

  it('reads the older encoding of spreadsheets', () => {
    const bytes = Uint8Array.from([...utf8('text\ncaf'), 0xe9, 0x0a]);
    expect(read('csv', bytes).rows).toEqual([['café']]);
  });

  it('evens out ragged rows and makes column names unique', () => {
    const table = read('csv', utf8('a,a,\n1\n1,2,3,4\n'));
    expect(table.columns).toEqual(['a', 'a (2)', 'column 3', 'column 4']);
    expect(table.rows).toEqual([
      ['1', '', '', ''],
      ['1', '2', '3', '4'],
    ]);
  });

  it('refuses bytes that are no text', () => {
    expect(() => read('csv', Uint8Array.of(1, 0, 2, 3, 0, 0, 0, 9))).toThrow(/table-unreadable/);
  });

  it('reads only the first rows for a preview', () => {
    const big = utf8(`text\n${'line of text\n'.repeat(200_000)}`);
    expect(read('csv', big, 8).rows).toHaveLength(8);
  });

  it('reads JSON lists of objects, of texts, and one list inside an object', () => {
    expect(read('json', utf8('[{"text":"a","n":1},{"text":"b","m":null}]')).rows).toEqual([
      ['a', '1', ''],
      ['b', '', ''],
    ]);
    expect(read('json', utf8('["a","b"]')).rows).toEqual([['a'], ['b']]);
    expect(read('json', utf8('{"version":1,"data":["a"]}')).rows).toEqual([['a']]);
    expect(() => read('json', utf8('{"a":'))).toThrow(/table-unreadable/);
  });

  it('goes on after a bad line of JSON Lines and names it', () => {
    const table = read('jsonl', utf8('{"text":"a"}\nnot json\n\n{"text":"b"}\n'));
    expect(table.rows).toEqual([['a'], ['b']]);
    expect(table.problems.map((p) => p.line)).toEqual([2]);
  });

  it('numbers the rows of JSON Lines by their lines, past bad and empty ones', () => {
    const table = read('jsonl', utf8('{"text":"a"}\nnot json\n\n{"text":"b"}\n'));
    expect(table.numbers).toEqual([1, 4]);
  });

  it('goes on in the line after a quotation mark that is never closed', () => {
    const table = read('csv', utf8('text,label\none,x\n"two,x\nthree,y\nfour,y\nfive "quoted" words,x\n'));
    expect(table.rows).toEqual([
      ['one', 'x'],
      ['three', 'y'],
      ['four', 'y'],
      ['five "quoted" words', 'x'],
    ]);
    expect(table.numbers).toEqual([1, 3, 4, 5]);
    expect(table.problems).toEqual([{ line: 2, reason: 'A quotation mark in this row is never closed.' }]);
  });

  it('gives up after many open quotation marks and says so', () => {
    const table = read('csv', utf8(`text,label\n${'a,"\n'.repeat(101)}`));
    expect(table.problems.length).toBeGreaterThan(0);
    expect(table.rows.length + table.problems.length).toBeLessThanOrEqual(101);
  });

  it('keeps the encoding when a preview cuts a character in two', () => {
    for (const shift of ['', 'x']) {
      const bytes = utf8(`${shift}text\n${'ä'.repeat(200_000)}\n`);
      for (const id of ['csv', 'lines']) {
        const cells = read(id, bytes, 3).rows.flat().join('');
        expect(cells).not.toContain('Ã');
        expect(cells).toContain('ä');
      }
    }
  });

  it('takes one text per line', () => {
    expect(read('lines', utf8('one\r\n\r\ntwo\rthree')).rows).toEqual([['one'], ['two'], ['three']]);
  });

  it('guesses which column is the text and which the label', () => {
    const rows = Array.from({ length: 40 }, (_, i) => [
      String(i),
      `a rather long sentence number ${i}`,
      i % 2 ? 'x' : 'y',
    ]);
    expect(guessColumns({ columns: ['id', 'whatever', 'kind'], rows, problems: [] })).toEqual({
      text: 1,
      id: 0,
      label: 2,
    });
  });

  it('finds importers by ending, whatever its case, and no ending twice', () => {
    expect(importerFor('a/B.CSV')?.id).toBe('csv');
    expect(importerFor('a/b')).toBeUndefined();
    const endings = importers.flatMap((i) => i.extensions);
    expect(new Set(endings).size).toBe(endings.length);
  });
});

describe('image files', () => {
  it('are known by their bytes, and their size before decoding', () => {
    const png = new Uint8Array(32);
    png.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
    new DataView(png.buffer).setUint32(16, 20_000);
    new DataView(png.buffer).setUint32(20, 10_000);
    expect(sniff(png)).toBe('png');
    expect(pixelSize(png, 'png')).toEqual({ width: 20_000, height: 10_000 });
    expect(sniff(utf8('<?xml version="1.0"?>\n<svg xmlns="x">'))).toBe('svg');
    expect(sniff(utf8('hello'))).toBe('unknown');
    expect(sniff(utf8('PK\x03\x04'))).toBe('zip');
    const jpeg = Uint8Array.of(
      0xff,
      0xd8,
      0xff,
      0xe0,
      0,
      4,
      0,
      0,
      0xff,
      0xc0,
      0,
      11,
      8,
      0x01,
      0x02,
      0x03,
      0x04,
      1,
      0,
      0,
    );
    expect(pixelSize(jpeg, 'jpeg')).toEqual({ width: 0x0304, height: 0x0102 });
  });
});
