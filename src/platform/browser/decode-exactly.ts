import { sniff } from '../../formats/sniff.ts';

/**
 * RGBA bytes as they are in the file, not multiplied by their transparency. Null where the browser can't, or where the
 * picture would have to be turned or scaled to have this size.
 */
export async function decodeExactly(image: Blob, width: number, height: number): Promise<Uint8ClampedArray | null> {
  // Missing in some browsers although the types promise it.
  if (!('ImageDecoder' in globalThis)) return null;
  const data = await image.arrayBuffer();
  const type = `image/${sniff(new Uint8Array(data))}`;
  if (!(await ImageDecoder.isTypeSupported(type))) return null;
  // In the standard, but not yet in the types.
  const init: ImageDecoderInit & { premultiplyAlpha: string } = { data, type, premultiplyAlpha: 'none' };
  const decoder = new ImageDecoder(init);
  try {
    const { image: frame } = await decoder.decode();
    try {
      if (frame.displayWidth !== width || frame.displayHeight !== height) return null;
      const out = new Uint8ClampedArray(width * height * 4);
      await frame.copyTo(out, { format: 'RGBA' });
      return out;
    } finally {
      frame.close();
    }
  } catch (error) {
    if (error instanceof DOMException) return null; // The drawn picture will do.
    throw error;
  } finally {
    decoder.close();
  }
}
