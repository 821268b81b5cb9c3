import type { EncoderSpec } from './spec.ts';

export default {
  id: 'builtin-image',
  name: 'Built-in image encoder',
  modality: 'image',
  runtime: 'builtin-image',
  revision: 3,
  dim: 0,
  path: '',
  pooling: 'none',
  dtypes: { webgpu: 'fp32', wasm: 'fp32' },
  licence: 'Apache-2.0',
  sizeBytes: 0,
  advice:
    'Needs no download: learns small textures and colours from your own images. Good for textures, weaker for objects.',
  languages: '',
  hub: null,
} satisfies EncoderSpec;
