import type { EncoderSpec } from '../encoders/spec.ts';
import type { EmbeddingKey } from './storage-ports.ts';

/** Weights in 8 bits give other embeddings; those in 16 and 32 bits give the same, but for rounding. */
export type Precision = 'fp32' | 'q8';

/**
 * 8-bit weights only on the processor, where the encoder has them and they are faster: WebGPU computes them wrongly. An
 * encoder that has nothing else runs on the processor everywhere.
 */
export function precisionOf(spec: EncoderSpec, backend: 'webgpu' | 'wasm'): Precision {
  if (backend === 'wasm') return spec.dtypes.wasm === 'q8' ? 'q8' : 'fp32';
  const weights = spec.hub?.weights;
  const hasOnlyQ8 = weights?.q8 !== undefined && !weights.fp32 && !weights.fp16;
  return hasOnlyQ8 || spec.dtypes.webgpu === 'q8' ? 'q8' : 'fp32';
}

/** Key of an encoder's embeddings: id, revision, learning and precision. Sets of different keys never mix. */
export function embeddingKey(spec: EncoderSpec, precision: Precision = precisionOf(spec, 'wasm')): EmbeddingKey {
  const learning = (spec.learning ?? 1) > 1 ? `.${spec.learning}` : '';
  return `${spec.id}@${spec.revision}${learning}-${precision}`;
}

/** Keys of earlier learnings of an encoder, among those that a project has. */
export function earlierLearnings(spec: EncoderSpec, keys: readonly EmbeddingKey[]): readonly EmbeddingKey[] {
  const before = Array.from({ length: (spec.learning ?? 1) - 1 }, (_, i) => embeddingKey({ ...spec, learning: i + 1 }));
  return keys.filter((key) => before.includes(key));
}

/** The precision that a project's embeddings have; a set that was begun is finished as it was begun. */
export function precisionInUse(
  spec: EncoderSpec,
  keys: readonly EmbeddingKey[],
  backend: 'webgpu' | 'wasm',
): Precision {
  const wanted = precisionOf(spec, backend);
  const other = wanted === 'q8' ? 'fp32' : 'q8';
  if (keys.includes(embeddingKey(spec, wanted))) return wanted;
  return keys.includes(embeddingKey(spec, other)) ? other : wanted;
}
