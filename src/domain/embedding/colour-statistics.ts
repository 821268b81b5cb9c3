const LEVELS = 8;
const SHIFT = 5;
const HISTOGRAM = LEVELS ** 3;
/** Mean and spread of each channel in each quadrant. */
export const COLOUR_MOMENTS = 4 * 3 * 2;
/** Bins of a joint 8x8x8 colour histogram. */
export const COLOUR_BINS = HISTOGRAM;

/**
 * Writes the colour statistics of one image: per quadrant the mean and standard deviation of R, G and B (0..1), then the
 * square roots of the shares of an 8x8x8 RGB histogram (Hellinger scale).
 * @param images RGBA bytes, [*, side, side, 4]
 */
export function colourStatistics(images: Uint8Array, image: number, side: number, out: Float32Array, to: number): void {
  const base = image * side * side * 4;
  const half = side / 2;
  const n = half * half;
  const histogram = new Float32Array(HISTOGRAM);
  for (let quadrant = 0; quadrant < 4; quadrant++) {
    const x0 = (quadrant % 2) * half;
    const y0 = quadrant >= 2 ? half : 0;
    const sums = [0, 0, 0];
    const squares = [0, 0, 0];
    for (let y = y0; y < y0 + half; y++) {
      for (let x = x0; x < x0 + half; x++) {
        const at = base + (y * side + x) * 4;
        let bin = 0;
        for (let c = 0; c < 3; c++) {
          const value = images[at + c] as number;
          sums[c] = (sums[c] as number) + value / 255;
          squares[c] = (squares[c] as number) + (value / 255) ** 2;
          bin = bin * LEVELS + (value >> SHIFT);
        }
        histogram[bin] = (histogram[bin] as number) + 1;
      }
    }
    for (let c = 0; c < 3; c++) {
      const mean = (sums[c] as number) / n;
      out[to + quadrant * 6 + c] = mean;
      out[to + quadrant * 6 + 3 + c] = Math.sqrt(Math.max(0, (squares[c] as number) / n - mean * mean));
    }
  }
  for (let b = 0; b < HISTOGRAM; b++)
    out[to + COLOUR_MOMENTS + b] = Math.sqrt((histogram[b] as number) / (side * side));
}
