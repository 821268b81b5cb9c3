import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { seededRandom } from '../../src/domain/random.ts';
import { AppPage } from './support/app-page.ts';
import { hasModels, MODELS_DIR } from './support/data.ts';
import { stored } from './support/stored.ts';

const SIZES: readonly (readonly [number, number])[] = [
  [64, 64],
  [224, 224],
  [640, 480],
  [300, 900],
  [1600, 1200],
  [97, 61],
  [2400, 500],
];
const KINDS = ['jpeg', 'png', 'webp', 'rotated', 'grey', 'alpha', 'cmyk'] as const;
const COUNT = 50;
const LEAST = 0.99;

test('50 pictures of every kind are embedded as transformers.js embeds them in Node', async ({ page }, testInfo) => {
  test.skip(!hasModels, 'the shared models are not here');
  const peers = await load();
  test.skip(peers === null, 'sharp or onnxruntime-node is not to be had here');
  if (!peers) return;
  const folder = testInfo.outputPath('pictures');
  const wanted = await makePictures(peers, folder);
  const app = new AppPage(page);
  await app.openHome();
  await app.createProject('Pictures', 'Images');
  await page.getByTestId('folder-input').setInputFiles(folder);
  await app.chooseEncoder('MobileNetV2 1.0');
  await app.accept('Ignore them');
  await app.waitEmbedded(String(COUNT));

  const got = await embeddings(page);
  const cosines = [...wanted].map(([name, vector]) => ({ name, cosine: cosine(got.get(name) ?? [], vector) }));
  cosines.sort((a, b) => a.cosine - b.cosine);
  testInfo.annotations.push({ type: 'lowest cosine', description: JSON.stringify(cosines.slice(0, 8)) });
  expect(cosines).toHaveLength(COUNT);
  expect(cosines.filter((c) => !(c.cosine >= LEAST))).toEqual([]);
  app.watch.assertClean();
});

type Peers = { sharp: typeof import('sharp').default; hf: typeof import('@huggingface/transformers') };

async function load(): Promise<Peers | null> {
  try {
    const [{ default: sharp }, hf] = await Promise.all([import('sharp'), import('@huggingface/transformers')]);
    return { sharp, hf };
  } catch {
    return null; // Their binaries are not installed: the test says that it was skipped.
  }
}

/** Writes the pictures below a folder; returns what transformers.js makes of each, by file name. */
async function makePictures({ sharp, hf }: Peers, folder: string): Promise<Map<string, number[]>> {
  mkdirSync(folder, { recursive: true });
  hf.env.allowRemoteModels = false;
  hf.env.localModelPath = `${MODELS_DIR}/`;
  const run = await hf.pipeline('image-feature-extraction', 'google-coral/mobilenet_v2_1.0_224', { dtype: 'fp32' });
  const out = new Map<string, number[]>();
  for (let i = 0; i < COUNT; i++) {
    const [width, height] = SIZES[i % SIZES.length] ?? [64, 64];
    const kind = KINDS[Math.floor(i / SIZES.length) % KINDS.length] ?? 'jpeg';
    const raw = sharp(scene(i, width, height), { raw: { width, height, channels: 4 } });
    const opaque = raw.clone().removeAlpha();
    const name = `${String(i).padStart(2, '0')}-${kind}-${width}x${height}`;
    const file =
      kind === 'png' || kind === 'alpha'
        ? { ending: 'png', bytes: await (kind === 'png' ? opaque : raw).png().toBuffer() }
        : kind === 'webp'
          ? { ending: 'webp', bytes: await opaque.webp({ quality: 90 }).toBuffer() }
          : { ending: 'jpg', bytes: await jpeg(opaque, kind) };
    writeFileSync(join(folder, `${name}.${file.ending}`), file.bytes);
    const image = await hf.RawImage.fromBlob(new Blob([file.bytes as unknown as BlobPart]));
    const tensor = await run(image, { pool: true });
    out.set(`${name}.${file.ending}`, [...(tensor.data as Float32Array)]);
  }
  return out;
}

async function jpeg(picture: import('sharp').Sharp, kind: string): Promise<Buffer> {
  if (kind === 'rotated') return picture.withMetadata({ orientation: 6 }).jpeg({ quality: 92 }).toBuffer();
  if (kind === 'grey') return picture.greyscale().jpeg({ quality: 92 }).toBuffer();
  if (kind === 'cmyk') return picture.toColourspace('cmyk').jpeg({ quality: 92 }).toBuffer();
  return picture.jpeg({ quality: 92 }).toBuffer();
}

/** A picture of soft shapes on a slope of colour, RGBA; its transparency rises from a quarter to full. */
function scene(seed: number, width: number, height: number): Buffer {
  const random = seededRandom(seed + 1);
  const between = (low: number, high: number): number => low + (high - low) * random.next();
  const colour = (): number[] => [0, 1, 2].map(() => between(20, 235));
  const [from, to] = [colour(), colour()];
  const shapes = Array.from({ length: 9 }, () => ({
    x: random.next(),
    y: random.next(),
    r: between(0.05, 0.3),
    isSquare: random.next() < 0.5,
    colour: colour(),
  }));
  const side = Math.min(width, height);
  const out = Buffer.alloc(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const slope = (x / width + y / height) / 2;
      const at = (y * width + x) * 4;
      const rgb = [0, 1, 2].map((c) => (from[c] ?? 0) * (1 - slope) + (to[c] ?? 0) * slope);
      for (const s of shapes) {
        const dx = Math.abs(x - s.x * width) / side;
        const dy = Math.abs(y - s.y * height) / side;
        const distance = s.isSquare ? Math.max(dx, dy) : Math.hypot(dx, dy);
        const share = Math.min(1, Math.max(0, (s.r - distance) * side * 0.5));
        for (let c = 0; c < 3; c++) rgb[c] = (rgb[c] ?? 0) * (1 - share) + (s.colour[c] ?? 0) * share;
      }
      for (let c = 0; c < 3; c++) out[at + c] = rgb[c] ?? 0;
      out[at + 3] = 64 + Math.round((191 * x) / width);
    }
  }
  return out;
}

/** Stored embeddings by file name. */
async function embeddings(page: Page): Promise<Map<string, number[]>> {
  const items = await stored(page, 'items');
  const chunks = await stored(page, 'chunks');
  const vectors = await stored(page, 'vectors');
  const nameOf = new Map(items.map((item) => [item.id, item.paths[0]?.split('/').at(-1) ?? '']));
  const out = new Map<string, number[]>();
  chunks.forEach(({ ids, dim }, c) => {
    const data = vectors[c] ?? [];
    ids.forEach((id, i) => out.set(nameOf.get(id) ?? '', [...data.slice(i * dim, (i + 1) * dim)]));
  });
  return out;
}

function cosine(a: readonly number[], b: readonly number[]): number {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => {
    const y = b[i] ?? 0;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return ab / Math.sqrt(aa * bb);
}
