import type { EncoderSpec } from './spec.ts';

export default {
  id: 'bge-small-en-v1.5',
  name: 'bge-small-en-v1.5',
  modality: 'text',
  runtime: 'transformers',
  revision: 2,
  dim: 384,
  path: 'Xenova/bge-small-en-v1.5',
  pooling: 'cls',
  dtypes: { webgpu: 'fp16', wasm: 'q8' },
  licence: 'MIT',
  sizeBytes: 34_712_049,
  advice: 'English texts of up to a page; often a little better than MiniLM, and slower.',
  languages: 'English',
  hub: {
    repository: 'Xenova/bge-small-en-v1.5',
    revision: 'b7ad92a45a298ac620504489f28ecb6ac66ad67c',
    files: [
      { path: 'config.json', sizeBytes: 683, isApproximate: true },
      { path: 'tokenizer_config.json', sizeBytes: 366, isApproximate: true },
      { path: 'tokenizer.json', sizeBytes: 711_000, isApproximate: true },
    ],
    weights: {
      fp32: [{ path: 'onnx/model.onnx', sizeBytes: 133_000_000, isApproximate: true }],
      fp16: [{ path: 'onnx/model_fp16.onnx', sizeBytes: 66_700_000, isApproximate: true }],
      q8: [{ path: 'onnx/model_quantized.onnx', sizeBytes: 34_000_000, isApproximate: true }],
    },
  },
  mostTokens: 512,
} satisfies EncoderSpec;
