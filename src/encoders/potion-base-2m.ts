import type { EncoderSpec } from './spec.ts';

export default {
  id: 'potion-base-2m',
  name: 'potion-base-2M',
  modality: 'text',
  runtime: 'transformers',
  revision: 1,
  dim: 64,
  path: 'minishlab/potion-base-2M',
  pooling: 'mean',
  dtypes: { webgpu: 'fp32', wasm: 'fp32' },
  licence: 'MIT',
  sizeBytes: 7_559_616,
  advice: 'English, very fast static word embeddings; for thousands of short texts on a slow machine.',
  languages: 'English',
  hub: null,
  isStatic: true,
} satisfies EncoderSpec;
