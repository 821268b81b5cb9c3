/** A float32 matrix that stays where it is while others are multiplied by it. */
export interface StationaryMatrix {
  /** Row-major [rows, cols]; its owner fills it. */
  readonly data: Float32Array;
  /**
   * out [rows, width] = data times b [cols, width], row-major. Each entry is summed in the order of the columns with one
   * float32 rounding per product and per sum: every implementation gives the same bits.
   */
  times(b: ArrayLike<number>, width: number, out: Float32Array | Float64Array): void;
  /** The same for b given transposed, [width, cols]: inner products of each row with each of b's. */
  dots(b: ArrayLike<number>, width: number, out: Float32Array | Float64Array): void;
  /** Gives the memory back for others; the matrix must not be used afterwards. */
  release(): void;
}
export type MakeStationary = (rows: number, cols: number) => StationaryMatrix;

/** In plain TypeScript, for machines without WebAssembly and as the reference for it. */
export const plainStationary: MakeStationary = (rows, cols) => {
  const data = new Float32Array(rows * cols);
  const multiply = (factors: Float32Array, width: number, out: Float32Array | Float64Array): void => {
    const sums = new Float32Array(width);
    for (let i = 0; i < rows; i++) {
      sums.fill(0);
      for (let k = 0; k < cols; k++) {
        const x = data[i * cols + k] as number;
        for (let j = 0, from = k * width; j < width; j++, from++)
          sums[j] = (sums[j] as number) + Math.fround(x * (factors[from] as number));
      }
      out.set(sums, i * width);
    }
  };
  return {
    data,
    times: (b, width, out) => multiply(new Float32Array(b), width, out),
    dots(b, width, out) {
      const factors = new Float32Array(width * cols);
      for (let j = 0; j < width; j++) for (let k = 0; k < cols; k++) factors[k * width + j] = b[j * cols + k] as number;
      multiply(factors, width, out);
    },
    release: () => undefined,
  };
};
