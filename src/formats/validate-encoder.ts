import * as v from 'valibot';
import type { EncoderSpec } from '../encoders/spec.ts';

const file = v.object({
  path: v.string(),
  sizeBytes: v.number(),
  isApproximate: v.exactOptional(v.boolean()),
  sha256: v.exactOptional(v.string()),
});
const dtype = v.picklist(['fp32', 'fp16', 'q8']);
const weights = v.exactOptional(v.array(file));

/** Spec of an encoder that the user brought, as it lies beside its files. */
const encoder = v.object({
  id: v.pipe(v.string(), v.regex(/^(hub|local):/)),
  name: v.string(),
  modality: v.picklist(['image', 'text']),
  runtime: v.literal('transformers'),
  revision: v.number(),
  dim: v.number(),
  path: v.string(),
  pooling: v.picklist(['mean', 'cls', 'model']),
  dtypes: v.object({ webgpu: dtype, wasm: dtype }),
  licence: v.string(),
  sizeBytes: v.number(),
  advice: v.string(),
  languages: v.string(),
  hub: v.nullable(
    v.object({
      repository: v.string(),
      revision: v.string(),
      files: v.array(file),
      weights: v.object({ fp32: weights, fp16: weights, q8: weights }),
    }),
  ),
  mostTokens: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(512))),
  prefix: v.exactOptional(v.string()),
  modelFile: v.exactOptional(v.picklist(['vision_model', 'text_model'])),
  inputs: v.exactOptional(v.literal('bag')),
});

/** The spec, or null when it is damaged. */
export function readEncoder(value: unknown): EncoderSpec | null {
  const result = v.safeParse(encoder, value);
  return result.success ? result.output : null;
}
