export type ImageKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'bmp';
export type FileKind = ImageKind | 'svg' | 'heic' | 'tiff' | 'pdf' | 'zip' | 'unknown';

/** What a file is, by its first bytes (at least 32 are useful), never by its name. */
export function sniff(bytes: Uint8Array): FileKind {
  const ascii = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (bytes[0] === 0x89 && ascii(1, 4) === 'PNG') return 'png';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'webp';
  if (ascii(0, 4) === 'GIF8') return 'gif';
  if (ascii(0, 2) === 'BM') return 'bmp';
  if (ascii(4, 8) === 'ftyp') {
    const brands = ascii(8, 32);
    if (/avi[fs]/.test(brands)) return 'avif';
    if (/hei[cfsx]|mif1|hevc/.test(brands)) return 'heic';
  }
  if (ascii(0, 4) === 'II*\0' || ascii(0, 4) === 'MM\0*') return 'tiff';
  if (ascii(0, 4) === '%PDF') return 'pdf';
  if (ascii(0, 4) === 'PK\x03\x04' || ascii(0, 4) === 'PK\x05\x06') return 'zip';
  if (
    /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/i.test(
      ascii(0, 512).replace(/^\u00ef\u00bb\u00bf/, ''),
    )
  ) {
    return 'svg';
  }
  return 'unknown';
}

/** Width and height from the header, before anything is decoded; null when they are not found in these bytes. */
export function pixelSize(bytes: Uint8Array, kind: ImageKind): { width: number; height: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const has = (n: number): boolean => bytes.length >= n;
  switch (kind) {
    case 'png':
      return has(24) ? { width: view.getUint32(16), height: view.getUint32(20) } : null;
    case 'gif':
      return has(10) ? { width: view.getUint16(6, true), height: view.getUint16(8, true) } : null;
    case 'bmp':
      return has(26) ? { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) } : null;
    case 'webp':
      return webpSize(view, bytes);
    case 'jpeg':
      return jpegSize(view);
    case 'avif':
      return avifSize(view, bytes);
  }
}

function webpSize(view: DataView, bytes: Uint8Array): { width: number; height: number } | null {
  if (bytes.length < 30) return null;
  const chunk = String.fromCharCode(...bytes.subarray(12, 16));
  if (chunk === 'VP8X') {
    return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
  }
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

/** True for a JPEG in four inks (CMYK) that carries no colour profile. */
export function isPressJpeg(head: Uint8Array): boolean {
  if (sniff(head) !== 'jpeg') return false;
  const frame = jpegFrame(new DataView(head.buffer, head.byteOffset, head.byteLength));
  return frame !== null && frame.colours === 4 && !frame.hasProfile;
}

function jpegSize(view: DataView): { width: number; height: number } | null {
  const frame = jpegFrame(view);
  return frame && { width: frame.width, height: frame.height };
}

interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly colours: number;
  /** In a segment before the frame, where it belongs. */
  readonly hasProfile: boolean;
}
/** Walks the markers to the frame header (SOF0..SOF15 but the tables). */
function jpegFrame(view: DataView): JpegFrame | null {
  let at = 2;
  let hasProfile = false;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      const colours = view.getUint8(at + 9);
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), colours, hasProfile };
    }
    // APP2 that begins with "ICC_".
    if (marker === 0xe2 && view.getUint32(at + 4) === 0x4943435f) hasProfile = true;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** The `ispe` property of the first kilobytes. */
function avifSize(view: DataView, bytes: Uint8Array): { width: number; height: number } | null {
  for (let i = 0; i + 16 < Math.min(bytes.length, 8192); i++) {
    if (bytes[i] === 0x69 && bytes[i + 1] === 0x73 && bytes[i + 2] === 0x70 && bytes[i + 3] === 0x65) {
      return { width: view.getUint32(i + 8), height: view.getUint32(i + 12) };
    }
  }
  return null;
}
