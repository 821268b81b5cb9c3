import type { EncoderSpec } from './spec.ts';

export default {
  id: 'all-minilm-l6-v2',
  name: 'all-MiniLM-L6-v2',
  modality: 'text',
  runtime: 'transformers',
  revision: 1,
  dim: 384,
  path: 'Xenova/all-MiniLM-L6-v2',
  pooling: 'mean',
  dtypes: { webgpu: 'fp16', wasm: 'q8' },
  licence: 'Apache-2.0',
  sizeBytes: 23_713_016,
  advice: 'Everyday English sentences; small, quick and a good first choice.',
  languages: 'English',
  hub: {
    repository: 'Xenova/all-MiniLM-L6-v2',
    revision: 'cb3d680149bf9a3209564e1b27ab3bb355b65707',
    files: [
      { path: 'config.json', sizeBytes: 650, isApproximate: true },
      { path: 'tokenizer_config.json', sizeBytes: 366, isApproximate: true },
      { path: 'tokenizer.json', sizeBytes: 712_000, isApproximate: true },
    ],
    weights: {
      fp32: [{ path: 'onnx/model.onnx', sizeBytes: 90_400_000, isApproximate: true }],
      fp16: [{ path: 'onnx/model_fp16.onnx', sizeBytes: 45_300_000, isApproximate: true }],
      q8: [
        {
          path: 'onnx/model_quantized.onnx',
          sizeBytes: 23_000_000,
          isApproximate: true,
          sha256: 'afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1',
        },
      ],
    },
  },
} satisfies EncoderSpec;
