/**
 * Mean of the hidden states of each text's own tokens: [rows, columns, dim] -> [rows, dim]; zeros for a text without any.
 * @param lengths tokens of each row; what follows them is padding
 */
export function meanPool(
  hidden: Float32Array,
  lengths: ArrayLike<number>,
  rows: number,
  columns: number,
  dim: number,
): Float32Array {
  const out = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const count = Math.min(columns, lengths[row] ?? 0);
    const sum = out.subarray(row * dim, (row + 1) * dim);
    for (let t = 0; t < count; t++) {
      const from = (row * columns + t) * dim;
      for (let d = 0; d < dim; d++) sum[d] = (sum[d] as number) + (hidden[from + d] as number);
    }
    if (count > 0) for (let d = 0; d < dim; d++) sum[d] = (sum[d] as number) / count;
  }
  return out;
}

/** Hidden state of the first token of each row: [rows, columns, dim] -> [rows, dim]. */
export function firstToken(hidden: Float32Array, rows: number, columns: number, dim: number): Float32Array {
  const out = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    out.set(hidden.subarray(row * columns * dim, row * columns * dim + dim), row * dim);
  }
  return out;
}

/** Mean of each channel's map, as convolutional networks pool: [rows, channels, places] -> [rows, channels]. */
export function mapMean(maps: Float32Array, rows: number, channels: number, places: number): Float32Array {
  const out = new Float32Array(rows * channels);
  for (let k = 0; k < out.length; k++) {
    let sum = 0;
    for (let p = k * places; p < (k + 1) * places; p++) sum += maps[p] as number;
    out[k] = sum / places;
  }
  return out;
}
