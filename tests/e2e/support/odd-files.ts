import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Page } from '@playwright/test';

/** Files by their path below a folder. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

/** Writes the files below `folder`, which is made when it is missing; returns `folder`. */
export function writeFolder(folder: string, files: Files): string {
  mkdirSync(folder, { recursive: true });
  for (const [path, bytes] of Object.entries(files)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  return folder;
}

/** An RGB value that differs from pixel to pixel and from seed to seed. */
function colour(x: number, y: number, seed: number): [number, number, number] {
  return [(x * 13 + seed * 71) & 255, (y * 17 + seed * 29) & 255, ((seed >> 8) * 101 + x * y) & 255];
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

function pngOf(width: number, height: number, rows: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A picture of 8-bit RGB; every seed gives other bytes. */
export function png(seed: number, width = 24, height = 16): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(colour(x, y, seed), y * (width * 3 + 1) + 1 + x * 3);
  }
  return pngOf(width, height, rows);
}

/** A header that claims `width` x `height` pixels over one row of data. */
export function boastfulPng(width: number, height: number): Buffer {
  return pngOf(width, height, Buffer.alloc(64));
}

/** 24-bit BMP, rows from the bottom up. */
export function bmp(seed: number, width = 24, height = 16): Buffer {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const file = Buffer.alloc(54 + stride * height);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) file.set(colour(x, y, seed), 54 + y * stride + x * 3);
  }
  return file;
}

/** GIF89a of four colours. Each pair of pixels follows a clear code, so that every code stays three bits wide. */
export function gif(seed: number, width = 24, height = 16): Buffer {
  const codes: number[] = [];
  for (let i = 0; i < width * height; i++) {
    if (i % 2 === 0) codes.push(4);
    codes.push((i + seed) & 3);
  }
  codes.push(5);
  const bits = Buffer.alloc(Math.ceil((codes.length * 3) / 8));
  codes.forEach((code, i) => {
    for (let b = 0; b < 3; b++) {
      const at = i * 3 + b;
      if ((code >> b) & 1) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
    }
  });
  const blocks: Buffer[] = [];
  for (let at = 0; at < bits.length; at += 255) {
    const part = bits.subarray(at, at + 255);
    blocks.push(Buffer.from([part.length]), part);
  }
  const screen = Buffer.from([0, 0, 0, 0, 0xf1, 0, 0]);
  screen.writeUInt16LE(width, 0);
  screen.writeUInt16LE(height, 2);
  const palette = Buffer.from([0, 0, 0, 255, 0, 0, 0, 255, 0, seed & 255, 0, 255]);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  frame.writeUInt16LE(width, 5);
  frame.writeUInt16LE(height, 7);
  return Buffer.concat([Buffer.from('GIF89a', 'latin1'), screen, palette, frame, ...blocks, Buffer.from([0, 0x3b])]);
}

export const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';

/** A picture that the browser's own encoder writes. */
export async function canvasImage(
  page: Page,
  type: 'image/jpeg' | 'image/webp',
  seed: number,
  width = 24,
  height = 16,
): Promise<Buffer> {
  const bytes = await page.evaluate(
    async ([kind, n, w, h]) => {
      const canvas = new OffscreenCanvas(w, h);
      const context = canvas.getContext('2d');
      for (let x = 0; x < w; x++) {
        if (context) context.fillStyle = `rgb(${(x * 9 + n * 40) % 256} ${(n * 90) % 256} ${(x * n) % 256})`;
        context?.fillRect(x, 0, 1, h);
      }
      const blob = await canvas.convertToBlob({ type: kind, quality: 0.9 });
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [type, seed, width, height] as const,
  );
  return Buffer.from(bytes);
}

/** A JPEG with an EXIF orientation (6 = turn a quarter clockwise) put in front of its own segments. */
export function withOrientation(jpeg: Uint8Array, orientation: number): Buffer {
  const tiff = Buffer.from([
    ...[0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8], // big-endian TIFF, first directory at 8
    ...[0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0], // one entry: tag 0x0112, SHORT, 1 value
    ...[0, 0, 0, 0],
  ]);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

function box(type: string, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}
const u32 = (...values: number[]): Buffer => Buffer.from(values.flatMap((n) => [n >>> 24, n >>> 16, n >>> 8, n]));
const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((n) => [n >>> 8, n]));

/** AVIF (ISO/IEC 23000-22) around one AV1 key frame from the browser's video encoder; null where it has none. */
export async function avif(page: Page, width = 64, height = 64): Promise<Buffer | null> {
  const frame = await page.evaluate(
    async ([w, h]) => {
      const config = { codec: 'av01.0.00M.08', width: w, height: h };
      if (!('VideoEncoder' in globalThis)) return null;
      const support = await VideoEncoder.isConfigSupported(config).catch(() => null);
      if (!support?.supported) return null;
      const canvas = new OffscreenCanvas(w, h);
      canvas.getContext('2d')?.fillRect(8, 8, 20, 20);
      const chunks: number[] = [];
      const encoder = new VideoEncoder({
        output: (chunk) => {
          const data = new Uint8Array(chunk.byteLength);
          chunk.copyTo(data);
          chunks.push(...data);
        },
        error: () => undefined,
      });
      encoder.configure(config);
      const picture = new VideoFrame(canvas, { timestamp: 0 });
      encoder.encode(picture, { keyFrame: true });
      await encoder.flush().catch(() => undefined);
      picture.close();
      return chunks.length > 0 ? chunks : null;
    },
    [width, height] as const,
  );
  if (!frame) return null;
  const data = Buffer.from(frame);
  const ftyp = box('ftyp', Buffer.from('avif\0\0\0\0avifmif1miaf', 'latin1'));
  const meta = (at: number): Buffer =>
    box(
      'meta',
      u32(0),
      box('hdlr', u32(0, 0), Buffer.from('pict', 'latin1'), u32(0, 0, 0), Buffer.from([0])),
      box('pitm', u32(0), u16(1)),
      box('iloc', u32(0), Buffer.from([0x44, 0]), u16(1, 1, 0, 1), u32(at, data.length)),
      box('iinf', u32(0), u16(1), box('infe', u32(0x02000000), u16(1, 0), Buffer.from('av01\0', 'latin1'))),
      box(
        'iprp',
        box(
          'ipco',
          box('ispe', u32(0, width, height)),
          box('pixi', u32(0), Buffer.from([3, 8, 8, 8])),
          box('av1C', Buffer.from([0x81, 0x00, 0x0c, 0x00])),
        ),
        box('ipma', u32(0, 1), u16(1), Buffer.from([3, 1, 2, 0x83])),
      ),
    );
  const head = meta(ftyp.length + meta(0).length + 8);
  return Buffer.concat([ftyp, head, box('mdat', data)]);
}
