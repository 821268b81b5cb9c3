/**
 * Sparse text features: word 1-2-grams and character 3-5-grams inside word boundaries, hashed into a fixed number of
 * buckets (Weinberger et al. 2009), with sublinear tf-idf (Salton and Buckley 1988) and unit length.
 */
export const BUCKETS = 1 << 18;

export interface SparseRow {
  readonly index: Int32Array;
  readonly value: Float32Array;
}

/** Bucket counts of one text; characters and words share the space but not their hashes. Long texts: first 20,000 characters. */
export function countFeatures(text: string): Map<number, number> {
  const counts = new Map<number, number>();
  const add = (feature: string): void => {
    const bucket = hash(feature) & (BUCKETS - 1);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  };
  const words =
    text
      .slice(0, 20_000)
      .toLowerCase()
      .normalize('NFKC')
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  words.forEach((word, i) => {
    add(`w:${word}`);
    const next = words[i + 1];
    if (next !== undefined) add(`w:${word} ${next}`);
    const padded = ` ${word} `;
    for (let size = 3; size <= 5; size++) {
      for (let at = 0; at + size <= padded.length; at++) add(`c:${padded.slice(at, at + size)}`);
    }
  });
  return counts;
}

/** log(1 + n / (1 + df)) per bucket; buckets in fewer than two texts get 0: they can't generalise. */
export function inverseDocumentFrequency(documents: readonly Map<number, number>[]): Float32Array {
  const frequency = new Int32Array(BUCKETS);
  for (const counts of documents)
    for (const bucket of counts.keys()) frequency[bucket] = (frequency[bucket] as number) + 1;
  const least = documents.length > 20 ? 2 : 1;
  return Float32Array.from(frequency, (df) => (df < least ? 0 : Math.log((1 + documents.length) / (1 + df)) + 1));
}

/** Sublinear tf times idf, unit length; empty when nothing is known. */
export function weigh(counts: ReadonlyMap<number, number>, idf: Float32Array): SparseRow {
  const index: number[] = [];
  const value: number[] = [];
  let norm = 0;
  for (const [bucket, count] of counts) {
    const weight = (1 + Math.log(count)) * (idf[bucket] as number);
    if (weight === 0) continue;
    index.push(bucket);
    value.push(weight);
    norm += weight * weight;
  }
  const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0;
  return { index: Int32Array.from(index), value: Float32Array.from(value, (v) => v * scale) };
}

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
