import type { LatentSemanticModel } from '../domain/embedding/latent-semantic.ts';
import { PATCH_DIM, WHITE_DIM, type PatchDictionary } from '../domain/embedding/patch-dictionary.ts';
import { blocksOf, SCALES, type PatchModel } from '../domain/embedding/patch-features.ts';
import type { PrincipalAxes } from '../domain/embedding/principal-axes.ts';
import { BUCKETS } from '../domain/embedding/text-features.ts';

/** More than any encoder learns; a file that says more would only fill the memory. */
const MOST_DIM = 4096;

/** What the built-in text encoder has learnt, or null when shapes, sizes or numbers are not those of a model. */
export function readLatentSemantic(value: unknown): LatentSemanticModel | null {
  if (!isRecord(value)) return null;
  const { dim, buckets, idf, projection } = value;
  if (!isSize(dim) || !(buckets instanceof Int32Array)) return null;
  const isAscending = buckets.every((b, i) => b >= 0 && b < BUCKETS && (i === 0 || b > (buckets[i - 1] as number)));
  if (!isAscending || !isFloats(idf, buckets.length) || !isFloats(projection, buckets.length * dim)) return null;
  return { dim, buckets, idf, projection };
}

/** What the built-in image encoder has learnt, or null, as above. */
export function readPatchModel(value: unknown): PatchModel | null {
  if (!isRecord(value) || !Array.isArray(value['dictionaries'])) return null;
  const dictionaries = value['dictionaries'].flatMap((dictionary: unknown) => readDictionary(dictionary) ?? []);
  if (dictionaries.length !== SCALES.length || value['dictionaries'].length !== SCALES.length) return null;
  const features = blocksOf(dictionaries).reduce((sum, block) => sum + block.size, 0);
  const axes = readAxes(value['axes'], features);
  return axes && { dictionaries, axes };
}

function readDictionary(value: unknown): PatchDictionary | null {
  if (!isRecord(value)) return null;
  const { whitening, offset, centroids, squaredNorms } = value;
  if (!(squaredNorms instanceof Float64Array) || squaredNorms.length === 0 || squaredNorms.length > MOST_DIM)
    return null;
  if (!isDoubles(whitening, WHITE_DIM * PATCH_DIM) || !isDoubles(offset, WHITE_DIM)) return null;
  if (!isDoubles(centroids, squaredNorms.length * WHITE_DIM)) return null;
  return isDoubles(squaredNorms, squaredNorms.length) ? { whitening, offset, centroids, squaredNorms } : null;
}

function readAxes(value: unknown, features: number): PrincipalAxes | null {
  if (!isRecord(value) || value['features'] !== features) return null;
  const { dim, mean, scale, axes } = value;
  if (!isSize(dim) || !isFloats(mean, features) || !isFloats(scale, features)) return null;
  return isFloats(axes, features * dim) ? { dim, features, mean, scale, axes } : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_DIM;
}
function isFloats(value: unknown, length: number): value is Float32Array {
  return value instanceof Float32Array && value.length === length && value.every(Number.isFinite);
}
function isDoubles(value: unknown, length: number): value is Float64Array {
  return value instanceof Float64Array && value.length === length && value.every(Number.isFinite);
}

/** Whether it says nothing of how many items it was learnt from, or a number of them. */
function isLearntFrom(value: unknown): boolean {
  if (!isRecord(value) || value['learntFrom'] === undefined) return true;
  const noted = value['learntFrom'];
  return typeof noted === 'number' && Number.isInteger(noted) && noted >= 0;
}

/**
 * False when a project could not use a state that is stored under an embedding key. States of encoders of the other kind of
 * items are never used and not looked at.
 */
export function isEncoderState(key: string, modality: 'image' | 'text', value: unknown): boolean {
  if (!isLearntFrom(value)) return false;
  if (modality === 'text' && key.startsWith('builtin-text@')) return readLatentSemantic(value) !== null;
  if (modality === 'image' && key.startsWith('builtin-image@')) return readPatchModel(value) !== null;
  return true;
}
