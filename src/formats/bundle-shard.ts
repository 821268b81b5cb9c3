import * as v from 'valibot';
import { corrupt, parseJson } from './bundle.ts';
import { utf8 } from './bytes.ts';
import { strFromU8 } from 'fflate';

/** A picture of a shard. */
export interface ShardEntry {
  readonly id: string;
  /** Media type. */
  readonly type: string;
  readonly bytes: Uint8Array;
}
const HEADER = v.array(
  v.object({ id: v.string(), type: v.string(), size: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
);

/**
 * Many pictures in one file, as a zip without extensions holds 65,535 files at most: the length of the header (uint32,
 * little-endian), the header (JSON: id, type and size of each), then the pictures one after another.
 */
export function writeShard(entries: readonly ShardEntry[]): Uint8Array {
  const header = utf8(JSON.stringify(entries.map(({ id, type, bytes }) => ({ id, type, size: bytes.length }))));
  const size = entries.reduce((sum, e) => sum + e.bytes.length, 4 + header.length);
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, header.length, true);
  out.set(header, 4);
  let at = 4 + header.length;
  for (const { bytes } of entries) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** Undoes `writeShard`; the pictures are views. A type other than an image's is dropped. Throws `bundle-corrupt`. */
export function readShard(file: Uint8Array, name: string): ShardEntry[] {
  const broken = () => corrupt(`${name} can't be read`);
  if (file.length < 4) throw broken();
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  if (4 + length > file.length) throw broken();
  const header = v.safeParse(HEADER, parseJson(strFromU8(file.subarray(4, 4 + length)), name));
  if (!header.success) throw broken();
  let at = 4 + length;
  const entries = header.output.map(({ id, type, size }) => {
    const bytes = file.subarray(at, at + size);
    at += size;
    return { id, type: /^image\/[\w.+-]+$/.test(type) ? type : '', bytes };
  });
  if (at !== file.length) throw broken();
  return entries;
}
