import type { EncoderSpec } from './spec.ts';

export default {
  id: 'potion-base-8m',
  name: 'potion-base-8M',
  modality: 'text',
  runtime: 'transformers',
  revision: 1,
  dim: 256,
  path: 'minishlab/potion-base-8M',
  pooling: 'model',
  dtypes: { webgpu: 'fp32', wasm: 'fp32' },
  licence: 'MIT',
  sizeBytes: 30_885_632,
  advice:
    'Tens of thousands of English texts on a slow machine: static word embeddings, far faster than MiniLM and less exact.',
  languages: 'English',
  hub: {
    repository: 'minishlab/potion-base-8M',
    revision: 'main',
    files: [
      { path: 'config.json', sizeBytes: 202, isApproximate: true },
      { path: 'tokenizer_config.json', sizeBytes: 1_430, isApproximate: true },
      { path: 'tokenizer.json', sizeBytes: 684_000, isApproximate: true },
    ],
    weights: {
      fp32: [{ path: 'onnx/model.onnx', sizeBytes: 30_200_000, isApproximate: true }],
    },
  },
  inputs: 'bag',
  isStatic: true,
} satisfies EncoderSpec;
