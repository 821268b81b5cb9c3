import { AutoModel, AutoProcessor, AutoTokenizer, env, RawImage } from '@huggingface/transformers';
import { planBatches } from '../../../src/domain/embedding/batch-plan.ts';

const TOKENS = [128, 1024];
const ROWS = 64;
const IMAGES = [4, 8];

/**
 * Items per second of transformers.js on onnxruntime-node, batched by length: tokenised or decoded by the library, the
 * model run on all cores, with the batch size that is quicker. Loading is left out, one small run warms it.
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
    return best(IMAGES, content.images.length, async (size) => {
      for (let i = 0; i < content.images.length; i += size) await run(content.images.slice(i, i + size));
    });
  }
  const { texts } = content;
  const tokenizer = await AutoTokenizer.from_pretrained(path);
  const run = async (some: readonly string[]): Promise<void> => {
    await model(tokenizer([...some], { padding: true, truncation: true, max_length: 256 }));
  };
  await run(texts.slice(0, 2));
  return best(TOKENS, texts.length, async (tokens) => {
    const lengths = texts.map((text) => Math.min(256, (tokenizer.encode(text) as number[]).length));
    for (const rows of planBatches(lengths, { tokens, rows: ROWS })) {
      await run([...rows].map((row) => texts[row] ?? ''));
    }
  });
}

/** Items per second with the batch size that is quickest. */
async function best(sizes: readonly number[], count: number, run: (size: number) => Promise<void>): Promise<number> {
  let perS = 0;
  for (const size of sizes) {
    const from = performance.now();
    await run(size);
    perS = Math.max(perS, (1000 * count) / (performance.now() - from));
  }
  return perS;
}
