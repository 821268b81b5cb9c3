/** Put in for a class's name; what stands alone is the name itself. */
export const NAME = '{name}';

/** A name as words: "card_notWorking" -> "card not working". */
export function wordsOf(name: string): string {
  return name
    .replace(/[_-]+/g, ' ')
    .replace(/(\p{Ll})(\p{Lu})/gu, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * Descriptions of a class in words: its name in every template, and its name with each sentence of its guideline.
 * @param templates what the encoder was trained to read, with `{name}` (prompt ensembles, Radford et al. 2021, section 3.1.4)
 */
export function descriptionsOf(name: string, guideline: string, templates: readonly string[] = [NAME]): string[] {
  const words = wordsOf(name) || name;
  const sentences = guideline
    .split(/(?<=[.!?\u3002])\s+|\n+/)
    .map((s) => s.trim())
    .filter((s) => s !== '');
  return [...templates.map((t) => t.replaceAll(NAME, words)), ...sentences.map((s) => `${words}: ${s}`)];
}

/**
 * One vector for each class: the unit vector along the mean of its descriptions; zeros where it has none.
 * @param descriptions unit vectors of all classes in turn, row-major [sum of counts, dim]
 * @param counts descriptions of each class
 * @returns row-major [classes, dim]
 */
export function classVectors(descriptions: Float32Array, counts: readonly number[], dim: number): Float32Array {
  const out = new Float32Array(counts.length * dim);
  let at = 0;
  counts.forEach((count, c) => {
    const mean = new Float64Array(dim);
    for (const end = at + count * dim; at < end; at++) {
      mean[at % dim] = (mean[at % dim] as number) + (descriptions[at] as number);
    }
    const norm = Math.hypot(...mean);
    if (norm > 0) for (let d = 0; d < dim; d++) out[c * dim + d] = (mean[d] as number) / norm;
  });
  return out;
}
