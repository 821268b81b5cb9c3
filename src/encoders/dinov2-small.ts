import type { EncoderSpec } from './spec.ts';

export default {
  id: 'dinov2-small',
  name: 'DINOv2 small',
  modality: 'image',
  runtime: 'transformers',
  revision: 2,
  dim: 384,
  path: 'onnx-community/dinov2-small',
  pooling: 'cls',
  dtypes: { webgpu: 'fp16', wasm: 'q8' },
  licence: 'Apache-2.0',
  sizeBytes: 24_401_335,
  advice: 'Photos, scans and textures where fine visual detail decides; learnt from images alone.',
  languages: '',
  hub: {
    repository: 'onnx-community/dinov2-small',
    revision: 'main',
    files: [
      { path: 'config.json', sizeBytes: 899, isApproximate: true },
      { path: 'preprocessor_config.json', sizeBytes: 436, isApproximate: true },
    ],
    weights: {
      fp32: [{ path: 'onnx/model.onnx', sizeBytes: 88_500_000, isApproximate: true }],
      fp16: [{ path: 'onnx/model_fp16.onnx', sizeBytes: 44_400_000, isApproximate: true }],
      q8: [{ path: 'onnx/model_quantized.onnx', sizeBytes: 24_400_000, isApproximate: true }],
    },
  },
} satisfies EncoderSpec;
