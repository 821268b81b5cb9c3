/**
 * Reads pictures with transparency to the bit. A 2D canvas multiplies colours by their transparency and rounds: at a
 * quarter of opacity two bits of each colour are gone. A texture keeps them as they are in the file.
 */
export class StraightPixels {
  #gl: WebGL2RenderingContext | null | undefined;

  /**
   * @param bitmap made with `premultiplyAlpha: 'none'`
   * @returns RGBA bytes, [height, width, 4]; null where the browser has no WebGL or the picture is too large for it
   */
  read(bitmap: ImageBitmap): Uint8ClampedArray | null {
    const { width, height } = bitmap;
    const gl = this.#open();
    if (!gl || Math.max(width, height) > (gl.getParameter(gl.MAX_TEXTURE_SIZE) as number)) return null;
    const texture = gl.createTexture();
    const frame = gl.createFramebuffer();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const out = new Uint8Array(width * height * 4);
    const isWhole = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
    if (isWhole) gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, out);
    const isRead = isWhole && gl.getError() === gl.NO_ERROR && !gl.isContextLost();
    gl.deleteFramebuffer(frame);
    gl.deleteTexture(texture);
    // A context that was lost gives zeros: the next picture gets a new one.
    if (gl.isContextLost()) this.#gl = undefined;
    return isRead ? new Uint8ClampedArray(out.buffer) : null;
  }

  #open(): WebGL2RenderingContext | null {
    this.#gl ??= new OffscreenCanvas(1, 1).getContext('webgl2');
    return this.#gl;
  }
}
