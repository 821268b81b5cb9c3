import { AutoModel, AutoProcessor, AutoTokenizer, env, RawImage } from '@huggingface/transformers';
import { planBatches } from '../../../src/domain/embedding/batch-plan.ts';

const TOKENS = 1024;
const ROWS = 64;
const IMAGES = 8;

/**
 * Items per second of transformers.js on onnxruntime-node, batched by length: tokenised or decoded by the library, the
 * model run on all cores. Loading is left out, one small run warms it.
 */
export async function nativePerS(
  modelsDir: string,
  path: string,
  content: { readonly texts: readonly string[] } | { readonly images: readonly Uint8Array[] },
): Promise<number> {
  env.allowRemoteModels = false;
  env.localModelPath = `${modelsDir}/`;
  const model = await AutoModel.from_pretrained(path, { dtype: 'fp32' });
  if ('images' in content) {
    const processor = await AutoProcessor.from_pretrained(path, {});
    const run = async (images: readonly Uint8Array[]): Promise<void> => {
      const raw = await Promise.all(images.map((bytes) => RawImage.fromBlob(new Blob([bytes as BlobPart]))));
      await model(await processor(raw));
    };
    await run(content.images.slice(0, 2));
    const from = performance.now();
    for (let i = 0; i < content.images.length; i += IMAGES) await run(content.images.slice(i, i + IMAGES));
    return (1000 * content.images.length) / (performance.now() - from);
  }
  const { texts } = content;
  const tokenizer = await AutoTokenizer.from_pretrained(path);
  const run = async (some: readonly string[]): Promise<void> => {
    await model(tokenizer([...some], { padding: true, truncation: true, max_length: 256 }));
  };
  await run(texts.slice(0, 2));
  const from = performance.now();
  const lengths = texts.map((text) => Math.min(256, (tokenizer.encode(text) as number[]).length));
  for (const rows of planBatches(lengths, { tokens: TOKENS, rows: ROWS })) {
    await run([...rows].map((row) => texts[row] ?? ''));
  }
  return (1000 * texts.length) / (performance.now() - from);
}
