import type { EncoderSpec } from './spec.ts';

export default {
  id: 'builtin-text',
  name: 'Built-in text encoder',
  modality: 'text',
  runtime: 'builtin-text',
  revision: 1,
  dim: 0,
  path: '',
  pooling: 'none',
  dtypes: { webgpu: 'fp32', wasm: 'fp32' },
  licence: 'Apache-2.0',
  sizeBytes: 0,
  advice:
    'Needs no download, works in any language: learns words and letter groups from your own texts (latent semantic analysis).',
  languages: 'any language',
  hub: null,
} satisfies EncoderSpec;
