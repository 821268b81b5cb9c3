import { itemId, type ItemId } from '../../domain/ids.ts';
import type { RejectionCode } from '../../domain/item.ts';
import type { Table } from '../../formats/format.ts';
import { importerById } from '../../formats/importers.ts';
import { pixelSize, sniff, type FileKind, type ImageKind } from '../../formats/sniff.ts';
import { WinnowError } from '../../domain/errors.ts';
import type { MediaReader, MediaResult } from '../../loop/ports.ts';

const THUMB_PX = 256;
/** Decoding more would need over 480 MB for one picture. */
const MOST_PIXELS = 120e6;
const HEADER_BYTES = 256 * 1024;
const ACCEPTED = 'Winnow reads JPEG, PNG, WebP, GIF, AVIF and BMP.';
const REFUSED: Partial<Record<FileKind, string>> = {
  svg: `This is a drawing (SVG), not a picture made of pixels. Save it as PNG first. ${ACCEPTED}`,
  heic: `This is a HEIC picture, which browsers can't show. Save it as JPEG first. ${ACCEPTED}`,
  tiff: `This is a TIFF picture, which browsers can't show. Save it as PNG first. ${ACCEPTED}`,
  pdf: `This is a PDF. Save its pages as pictures first. ${ACCEPTED}`,
  zip: 'This is an archive inside the folder. Open it by itself, or unpack it first.',
};

/** Hashing, decoding and thumbnails, in whatever thread it is built. */
export class BrowserMediaReader implements MediaReader {
  async image(path: string, file: Blob): Promise<MediaResult> {
    const refuse = (code: RejectionCode, reason: string): MediaResult => ({
      ok: false,
      rejection: { path, code, reason },
    });
    if (file.size === 0) return refuse('empty', 'This file is empty.');
    const head = new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer());
    const kind = sniff(head);
    const reason = REFUSED[kind];
    if (reason) return refuse(kind === 'svg' ? 'svg' : 'unsupported-type', reason);
    if (kind === 'unknown') return refuse('unsupported-type', `This is no picture that Winnow can read. ${ACCEPTED}`);
    const size = pixelSize(head, kind as ImageKind);
    if (size && size.width * size.height > MOST_PIXELS) {
      const megapixels = Math.round((size.width * size.height) / 1e6);
      return refuse('too-many-pixels', `This picture has ${megapixels} megapixels; 120 are the most. Save it smaller.`);
    }
    const bytes = await file.arrayBuffer();
    const id = await sha256(bytes);
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(new Blob([bytes], { type: `image/${kind}` }), {
        imageOrientation: 'from-image',
      });
    } catch {
      // The only reason that matters here: the bytes are no complete picture.
      return refuse('not-decodable', 'This picture is damaged or incomplete. Copy it again from where it came.');
    }
    try {
      const { width, height } = bitmap;
      return { ok: true, id, width, height, thumb: await thumbnail(bitmap) };
    } finally {
      bitmap.close();
    }
  }

  hashTexts(texts: readonly string[]): Promise<ItemId[]> {
    const encoder = new TextEncoder();
    return Promise.all(texts.map((text) => sha256(encoder.encode(text).buffer)));
  }

  async readTable(importer: string, file: Blob, rowLimit?: number): Promise<Table> {
    const format = importerById(importer);
    if (!format) throw new WinnowError('table-unreadable', `There is no importer called ${importer}`);
    return format.read(new Uint8Array(await file.arrayBuffer()), rowLimit);
  }

  stop(): void {
    // Nothing is kept between calls.
  }
}

async function thumbnail(bitmap: ImageBitmap): Promise<Blob> {
  const scale = Math.min(1, THUMB_PX / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new WinnowError('unexpected', 'The browser gave no drawing surface');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  return canvas.convertToBlob({ type: 'image/webp', quality: 0.8 });
}

async function sha256(bytes: ArrayBuffer): Promise<ItemId> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return itemId(Array.from(digest, (b) => b.toString(16).padStart(2, '0')).join(''));
}
