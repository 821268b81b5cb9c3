import type { EncoderSpec } from './spec.ts';

export default {
  id: 'clip-vit-base-patch32',
  name: 'CLIP ViT-B/32, images',
  modality: 'image',
  runtime: 'transformers',
  revision: 2,
  dim: 512,
  path: 'Xenova/clip-vit-base-patch32',
  pooling: 'model',
  dtypes: { webgpu: 'fp16', wasm: 'q8' },
  licence: 'MIT',
  sizeBytes: 89_104_896,
  advice: 'Everyday photos that you would describe in words; goes together with CLIP for texts.',
  languages: '',
  hub: {
    repository: 'Xenova/clip-vit-base-patch32',
    revision: 'main',
    files: [
      { path: 'config.json', sizeBytes: 4_580, isApproximate: true },
      { path: 'preprocessor_config.json', sizeBytes: 316, isApproximate: true },
    ],
    weights: {
      fp32: [{ path: 'onnx/vision_model.onnx', sizeBytes: 352_000_000, isApproximate: true }],
      fp16: [{ path: 'onnx/vision_model_fp16.onnx', sizeBytes: 176_000_000, isApproximate: true }],
      q8: [{ path: 'onnx/vision_model_quantized.onnx', sizeBytes: 89_100_000, isApproximate: true }],
    },
  },
  modelFile: 'vision_model',
  words: {
    encoder: 'clip-vit-base-patch32-text',
    templates: [
      'a photo of a {name}.',
      'a photo of the {name}.',
      'a close-up photo of a {name}.',
      'a photo of many {name}.',
      'a picture showing {name}.',
    ],
  },
} satisfies EncoderSpec;
