import type { EncoderSpec } from './spec.ts';

export default {
  id: 'clip-vit-base-patch32-text',
  name: 'CLIP ViT-B/32, texts',
  modality: 'text',
  runtime: 'transformers',
  revision: 1,
  dim: 512,
  path: 'Xenova/clip-vit-base-patch32',
  pooling: 'model',
  dtypes: { webgpu: 'fp16', wasm: 'q8' },
  licence: 'MIT',
  sizeBytes: 66_725_518,
  advice: 'Captions and short descriptions of images in English; other texts are better served by MiniLM.',
  languages: 'English',
  hub: {
    repository: 'Xenova/clip-vit-base-patch32',
    revision: 'main',
    files: [
      { path: 'config.json', sizeBytes: 4_580, isApproximate: true },
      { path: 'tokenizer_config.json', sizeBytes: 938, isApproximate: true },
      { path: 'tokenizer.json', sizeBytes: 2_220_000, isApproximate: true },
    ],
    weights: {
      fp32: [{ path: 'onnx/text_model.onnx', sizeBytes: 254_000_000, isApproximate: true }],
      fp16: [{ path: 'onnx/text_model_fp16.onnx', sizeBytes: 127_000_000, isApproximate: true }],
      q8: [{ path: 'onnx/text_model_quantized.onnx', sizeBytes: 64_500_000, isApproximate: true }],
    },
  },
  modelFile: 'text_model',
} satisfies EncoderSpec;
