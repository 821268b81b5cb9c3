import type { EncoderSpec } from './spec.ts';

export default {
  id: 'multilingual-e5-small',
  name: 'multilingual-e5-small',
  modality: 'text',
  runtime: 'transformers',
  revision: 2,
  dim: 384,
  path: 'Xenova/multilingual-e5-small',
  pooling: 'mean',
  dtypes: { webgpu: 'fp16', wasm: 'q8' },
  licence: 'MIT',
  sizeBytes: 135_101_101,
  advice: 'Texts that are not English, or in several languages at once.',
  languages: 'about 100 languages',
  hub: {
    repository: 'Xenova/multilingual-e5-small',
    revision: '97cb8f96eaed1a1f0dac821239943e854fce9c36',
    files: [
      { path: 'config.json', sizeBytes: 658, isApproximate: true },
      { path: 'tokenizer_config.json', sizeBytes: 443, isApproximate: true },
      { path: 'tokenizer.json', sizeBytes: 17_100_000, isApproximate: true },
    ],
    weights: {
      fp32: [{ path: 'onnx/model.onnx', sizeBytes: 470_000_000, isApproximate: true }],
      fp16: [{ path: 'onnx/model_fp16.onnx', sizeBytes: 235_000_000, isApproximate: true }],
      q8: [
        {
          path: 'onnx/model_quantized.onnx',
          sizeBytes: 118_000_000,
          isApproximate: true,
          sha256: 'f80102d3f2a1229f387d3c81909990d8945513e347b0eab049f7de3c6f98c193',
        },
      ],
    },
  },
  mostTokens: 512,
  // What E5 was trained with for everything that is no search query against passages.
  prefix: 'query: ',
} satisfies EncoderSpec;
