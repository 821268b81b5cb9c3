/**
 * Similarity of items to classes before any label: cosine to the mean of a class's descriptions, as CLIP's prompt
 * ensembles (Radford et al. 2021). Items and descriptions are unit vectors of encoders that share a space.
 * @param items row-major [n, dim]
 * @param descriptions of each class, row-major [descriptions, dim]; a class without any is similar to nothing
 * @returns cosines, row-major [n, classes]
 */
export function zeroShotScores(items: Float32Array, descriptions: readonly Float32Array[], dim: number): Float32Array {
  const centres = descriptions.map((rows) => centre(rows, dim));
  const count = items.length / dim;
  const out = new Float32Array(count * centres.length);
  for (let i = 0; i < count; i++) {
    for (const [c, mean] of centres.entries()) {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += (items[i * dim + d] as number) * (mean[d] as number);
      out[i * centres.length + c] = sum;
    }
  }
  return out;
}

/** Descriptions of a class in words: its name, and its name with each sentence of its guideline. */
export function descriptionsOf(name: string, guideline: string): string[] {
  const sentences = guideline
    .split(/(?<=[.!?\u3002])\s+|\n+/)
    .map((s) => s.trim())
    .filter((s) => s !== '');
  return [name, ...sentences.map((s) => `${name}: ${s}`)];
}

/** Unit vector along the mean; zeros where there is none. */
function centre(rows: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  rows.forEach((value, i) => (mean[i % dim] = (mean[i % dim] as number) + value));
  const norm = Math.hypot(...mean);
  return norm === 0 ? mean : mean.map((v) => v / norm);
}
