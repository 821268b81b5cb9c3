import type { EncoderSpec } from './spec.ts';

export default {
  id: 'mobilenet-v2',
  name: 'MobileNetV2 1.0',
  modality: 'image',
  runtime: 'transformers',
  revision: 2,
  dim: 1280,
  path: 'google-coral/mobilenet_v2_1.0_224',
  pooling: 'model',
  dtypes: { webgpu: 'fp32', wasm: 'fp32' },
  licence: 'Apache-2.0',
  sizeBytes: 8_836_025,
  advice:
    'Photos and scenes; small and quick. Where its files are on this site it beats the built-in encoder on objects.',
  languages: '',
  hub: null,
} satisfies EncoderSpec;
