import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readShard, writeShard } from '../../src/formats/bundle-shard.ts';
import { packState, unpackState } from '../../src/formats/bundle-state.ts';
import { ZipReader, ZipWriter } from '../../src/formats/zip.ts';

const openZip = (bytes: Uint8Array) =>
  ZipReader.open(bytes.length, (from, to) => Promise.resolve(bytes.slice(from, to)));

describe('encoder states in a bundle', () => {
  it('come back as they were: objects, arrays, maps, texts, numbers and every kind of typed array', () => {
    const state = {
      text: 'ß',
      yes: true,
      none: null,
      list: [1, [2.5, 'x'], { a: [] }],
      map: new Map<unknown, unknown>([
        ['a', 1],
        [2, Float32Array.of(1)],
      ]),
      arrays: [
        Float32Array.of(1.5, -0),
        Float64Array.of(Math.PI),
        Int8Array.of(-1),
        Int16Array.of(-300),
        Int32Array.of(2 ** 31 - 1),
        Uint8Array.of(255),
        Uint16Array.of(65535),
        Uint32Array.of(2 ** 32 - 1),
        new Float32Array(0),
      ],
    };
    const { json, bytes } = packState(state);
    expect(unpackState(JSON.parse(JSON.stringify(json)), bytes)).toEqual(state);
  });

  it('take the numbers of a view, not its buffer', () => {
    const { json, bytes } = packState(new Float32Array([1, 2, 3, 4]).subarray(1, 3));
    expect(bytes.length).toBe(8);
    expect(unpackState(json, bytes)).toEqual(Float32Array.of(2, 3));
  });

  it('refuse what would be lost on the way', () => {
    for (const bad of [undefined, () => 0, new Date(), { a: undefined }, Number.NaN, { $: 'f32' }, 1n]) {
      expect(() => packState(bad)).toThrow(TypeError);
    }
  });

  it('refuse numbers outside the bytes, unknown tags, endless nesting, and do not touch prototypes', () => {
    const bytes = new Uint8Array(8);
    for (const bad of [
      { $: 'f32', at: 0, length: 3 },
      { $: 'f32', at: 8, length: 1 },
      { $: 'f32', at: -4, length: 1 },
      { $: 'f32', at: 0, length: 0.5 },
      { $: 'constructor', at: 0, length: 1 },
      { $: 'map', entries: [[1]] },
    ]) {
      expect(() => unpackState(bad, bytes)).toThrow('bundle-corrupt');
    }
    const deep = JSON.parse('['.repeat(100) + ']'.repeat(100)) as unknown;
    expect(() => unpackState(deep, bytes)).toThrow('bundle-corrupt');
    const sly = unpackState(JSON.parse('{"__proto__":{"polluted":1}}'), bytes) as Record<string, unknown>;
    expect('polluted' in {}).toBe(false);
    expect(Object.getPrototypeOf(sly)).toBe(Object.prototype);
  });
});

describe('shards of pictures', () => {
  const entries = [
    { id: 'a', type: 'image/webp', bytes: Uint8Array.of(1, 2, 3) },
    { id: 'b', type: 'image/svg+xml', bytes: new Uint8Array(0) },
    { id: 'c', type: 'image/jpeg', bytes: Uint8Array.of(9) },
  ];
  it('come back as they were', () => {
    expect(readShard(writeShard(entries), 'x')).toEqual(entries);
    expect(readShard(writeShard([]), 'x')).toEqual([]);
  });
  it('drop a media type that is not an image’s', () => {
    const [entry] = readShard(writeShard([{ id: 'a', type: 'text/html', bytes: Uint8Array.of(1) }]), 'x');
    expect(entry?.type).toBe('');
  });
  it('refuse sizes that do not add up', () => {
    const whole = writeShard(entries);
    for (const bad of [whole.slice(0, 2), whole.slice(0, 10), whole.slice(0, -1), Uint8Array.of(...whole, 0)]) {
      expect(() => readShard(bad, 'x')).toThrow('bundle-corrupt');
    }
    const lying = whole.slice();
    new DataView(lying.buffer).setUint32(0, 0xffff_fff0, true);
    expect(() => readShard(lying, 'x')).toThrow('bundle-corrupt');
  });
});

describe('zip', () => {
  it('reads back what it wrote, packed and plain, file by file', async () => {
    const parts: Uint8Array[] = [];
    const writer = new ZipWriter((bytes) => parts.push(bytes));
    const text = new TextEncoder().encode('words '.repeat(1000));
    writer.add('a.txt', text, false);
    writer.add('folder/b.bin', text, true);
    writer.add('empty', new Uint8Array(0), false);
    writer.end();
    const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    expect(bytes.length).toBeLessThan(text.length + 1000);
    const zip = await openZip(bytes);
    expect(await zip.file('a.txt')).toEqual(text);
    expect(await zip.file('folder/b.bin')).toEqual(text);
    expect(await zip.file('empty')).toEqual(new Uint8Array(0));
    expect([zip.sizeOf('a.txt'), zip.sizeOf('none')]).toEqual([6000, 0]);
    await expect(zip.file('none')).rejects.toMatchObject({ code: 'bundle-corrupt' });
  });

  it('reads zips of other programs, with a comment at the end', async () => {
    const plain = zipSync({ 'a.txt': [Uint8Array.of(1, 2), { comment: 'c', extra: { 1: Uint8Array.of(7) } }] });
    const withComment = Uint8Array.of(...plain, ...new TextEncoder().encode('a comment'));
    new DataView(withComment.buffer).setUint16(plain.length - 2, 9, true);
    expect(await (await openZip(withComment)).file('a.txt')).toEqual(Uint8Array.of(1, 2));
  });

  it('never unpacks more than the directory admits to', async () => {
    const bytes = zipSync({ bomb: new Uint8Array(50_000_000) });
    expect(bytes.length).toBeLessThan(100_000);
    const directoryAt = new DataView(bytes.buffer).getUint32(bytes.length - 22 + 16, true);
    new DataView(bytes.buffer).setUint32(directoryAt + 24, 10, true);
    const zip = await openZip(bytes);
    const result = await zip.file('bomb').then(
      (out) => out.buffer.byteLength,
      (error: unknown) => (error as { code: string }).code,
    );
    expect([10, 'bundle-corrupt']).toContain(result);
  });

  it('refuses a directory that claims more than a project can hold', async () => {
    const bytes = zipSync({ a: new Uint8Array(100) });
    const directoryAt = new DataView(bytes.buffer).getUint32(bytes.length - 22 + 16, true);
    new DataView(bytes.buffer).setUint32(directoryAt + 24, 0xffff_fff0, true);
    await expect(openZip(bytes)).rejects.toMatchObject({ code: 'bundle-corrupt' });
  });
});
