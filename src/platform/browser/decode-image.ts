import type { Encoded } from '../../loop/encoder-ports.ts';

/** The picture, upright as its EXIF data says; null when the browser can't decode it. */
export async function decodeImage(image: Blob, options: ImageBitmapOptions = {}): Promise<ImageBitmap | null> {
  try {
    return await createImageBitmap(image, { imageOrientation: 'from-image', ...options });
  } catch (error) {
    // What the standard says for damaged data, and what browsers say for pictures that they cannot hold.
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/** What an encoder reports of the images that are null. */
export function undecodable(images: readonly (object | null)[]): Encoded['failed'] {
  return images.flatMap((image, index) =>
    image === null ? [{ index, reason: 'The browser could not decode this image.' }] : [],
  );
}
