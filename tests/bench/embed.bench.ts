import { existsSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import Papa from 'papaparse';
import type { CDPSession, Page } from 'playwright-core';
import mobilenet from '../../src/encoders/mobilenet-v2.ts';
import potion from '../../src/encoders/potion-base-2m.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import type { Content } from './support/embed-lab.ts';
import type { PeerModel } from './support/embed-peer-worker.ts';

// At once: the runner that loads this file is gone by the time the bench runs.
const native = await import('./support/embed-native.ts').catch((error: unknown) => new Error(String(error)));

interface BenchContext {
  readonly openModules: () => Promise<Page>;
  readonly quick: boolean;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly log: (line: string) => void;
}
type Files = { readonly texts: readonly string[] } | { readonly images: readonly Uint8Array[] };
type Lab = typeof import('./support/embed-lab.ts');

/** The arithmetic of all-MiniLM-L6-v2 with constant weights: for throughput only. */
const minilm: EncoderSpec = {
  ...potion,
  id: 'bench-minilm',
  name: 'MiniLM-shaped',
  dim: 384,
  path: 'bench/minilm-l6-shaped',
  isStatic: false,
};
const MODELS = [
  { name: 'minilm', spec: minilm },
  { name: 'potion', spec: potion },
  { name: 'mobilenet', spec: mobilenet },
] as const;
const ITEMS = 1000;
const THREADS = [1, 2];
const TURNS = 3;

/**
 * Items per second of 1,000 real items (`--quick`: 120): Winnow from the stored file to the stored embedding, and in the
 * same browser transformers.js one item at a time with its defaults, and the bare session with ready-made batches; then
 * onnxruntime-node in Node. Loading a model is never counted, nor are the first 32 items, which every way embeds twice.
 */
export async function run(context: BenchContext): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  const only = process.env['EMBED_ONLY']?.split(',');
  for (const { name, spec } of MODELS) {
    if (only && !only.includes(name)) continue;
    if (!existsSync(join(context.modelsDir, spec.path))) {
      context.log(`${name}: skipped, its files are not below MODELS_DIR`);
      continue;
    }
    const files = read(context.dataDir, spec, context.quick ? 120 : ITEMS);
    if (!files) {
      context.log(`${name}: skipped, the data are not below DATA_DIR`);
      continue;
    }
    await measure(name, spec, files, context, results);
    if (spec === potion) await memory(spec, context, results);
  }
  return results;
}

/** Resident memory of the page and its workers while 20,000 texts (`--quick`: 2,000) are embedded, megabytes. */
async function memory(
  spec: EncoderSpec,
  { openModules, dataDir, quick, log }: BenchContext,
  results: Record<string, number>,
): Promise<void> {
  if (platform() !== 'linux') return log('memory: skipped, it is read from /proc');
  const some = read(dataDir, spec, 10_000);
  if (!some || !('texts' in some)) return;
  const count = quick ? 2000 : 20_000;
  const texts = Array.from({ length: count }, (_, i) => `${i} ${some.texts[i % some.texts.length] ?? ''}`);
  const page = await openModules();
  await offer(page, { texts });
  const session = await page.context().browser()?.newBrowserCDPSession();
  if (!session) return;
  const before = new Set((await renderers(session)).keys());
  const samples: number[] = [];
  let isDone = false;
  const run = winnow(page, spec, 'wasm', null).finally(() => (isDone = true));
  while (!isDone) {
    const mb = Math.max(...(await renderers(session)).values());
    if (await page.evaluate(() => (window as { isEmbedding?: boolean }).isEmbedding === true)) samples.push(mb);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await run;
  await page.close();
  log(`memory: ${samples.length} samples of the largest of ${before.size} renderers, ${count} texts`);
  results['embed.memory_start_mb'] = Math.round(samples[0] ?? NaN);
  results['embed.memory_peak_mb'] = Math.round(Math.max(...samples));
  results['embed.memory_end_mb'] = Math.round(samples.at(-1) ?? NaN);
  for (const at of ['start', 'peak', 'end']) log(`embed.memory_${at}_mb ${results[`embed.memory_${at}_mb`]}`);
}

/** Resident megabytes of every page process, by process id. */
async function renderers(session: CDPSession): Promise<Map<number, number>> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const out = new Map<number, number>();
  for (const { type, id } of processInfo) {
    const file = `/proc/${id}/status`;
    if (type !== 'renderer' || !existsSync(file)) continue;
    out.set(id, Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) / 1024);
  }
  return out;
}

/** Winnow's own path in a page that has the content. */
function winnow(page: Page, spec: EncoderSpec, backend: 'wasm' | 'webgpu', threads: number | null) {
  return page.evaluate(
    async ({ s, b, n }) => {
      const lab = await (window as unknown as { load: (path: string) => Promise<Lab> }).load(
        '/tests/bench/support/embed-lab.ts',
      );
      const content: Content = await lab.fetchContent('/bench-content');
      return lab.winnow(s, { backend: b, precision: 'fp32', threads: n, batch: null }, content);
    },
    { s: spec, b: backend, n: threads },
  );
}

/**
 * The ways take turns, three of them, so that what else the machine does meets all of them: items per second over all turns,
 * and the median over the turns of each comparison.
 */
async function measure(
  name: string,
  spec: EncoderSpec,
  files: Files,
  { openModules, modelsDir, log }: BenchContext,
  results: Record<string, number>,
): Promise<void> {
  const put = (metric: string, value: number): void => {
    const rounded = Math.round(value * 100) / 100;
    results[`embed.${name}.${metric}`] = rounded;
    log(`embed.${name}.${metric} ${rounded}`);
  };
  const best = Math.max(...THREADS);
  const model: PeerModel = { path: spec.path, modality: spec.modality, device: 'wasm', dtype: 'fp32', threads: null };
  const rates = new Map<string, number[]>();
  const note = (way: string, perS: number): void => void rates.set(way, [...(rates.get(way) ?? []), perS]);
  let longest = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    for (const threads of THREADS) {
      const suffix = threads === best ? '' : `_threads${threads}`;
      const page = await openModules();
      await offer(page, files);
      const own = await winnow(page, spec, 'wasm', threads);
      note(`winnow${suffix}`, own.perS);
      if (threads === best) longest = Math.max(longest, own.longestTaskMs);
      note(`raw${suffix}`, await peer(page, 'raw', { ...model, threads }));
      if (threads === best) note('naive', await peer(page, 'naive', model));
      await page.close();
    }
    const native = await nativePerSecond(log, modelsDir, spec.path, files);
    if (native !== null) note('native', native);
  }
  const of = (way: string): readonly number[] => rates.get(way) ?? [];
  for (const [way, perS] of rates)
    put(`wasm.${way}_per_s`, perS.length / perS.reduce((sum, rate) => sum + 1 / rate, 0));
  put('wasm.longest_task_ms', longest);
  const compare = (way: string): number => median(of('winnow').map((rate, i) => rate / (of(way)[i] ?? NaN)));
  put('wasm.vs_naive', compare('naive'));
  put('wasm.vs_raw', compare('raw'));
  if (of('native').length > 0) put('wasm.vs_native', compare('native'));
  put('wasm.threads2_vs_1', compare('winnow_threads1'));
  await measureGpu(name, spec, model, files, { openModules, log }, put);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Another way in the same page: the engine's session with ready-made batches, or the library one item at a time. */
function peer(page: Page, way: 'raw' | 'naive', model: PeerModel): Promise<number> {
  return page.evaluate(
    async ({ m, w }) => {
      const lab = await (window as unknown as { load: (path: string) => Promise<Lab> }).load(
        '/tests/bench/support/embed-lab.ts',
      );
      const content = await lab.fetchContent('/bench-content');
      return w === 'raw' ? lab.raw(m, content, 256, 224) : lab.naive(m, content);
    },
    { m: model, w: way },
  );
}

/** The same on WebGPU. A software adapter says nothing about a graphics card: it gets few items and no comparison. */
async function measureGpu(
  name: string,
  spec: EncoderSpec,
  model: PeerModel,
  files: Files,
  { openModules, log }: Pick<BenchContext, 'openModules' | 'log'>,
  put: (metric: string, value: number) => void,
): Promise<void> {
  const page = await openModules();
  const kind = await page.evaluate(async () => {
    const adapter = await (navigator.gpu as GPU | undefined)?.requestAdapter();
    return adapter ? (adapter.info.isFallbackAdapter ? 'software' : 'card') : 'none';
  });
  log(`${name}, WebGPU: ${kind === 'none' ? 'none here' : kind === 'software' ? 'a software adapter' : 'a card'}`);
  if (kind !== 'none') {
    const few = 'texts' in files ? { texts: files.texts.slice(0, 16) } : { images: files.images.slice(0, 16) };
    await offer(page, kind === 'card' ? files : few);
    put('webgpu.winnow_per_s', (await winnow(page, spec, 'webgpu', null)).perS);
  }
  if (kind === 'card') {
    const raw = await peer(page, 'raw', { ...model, device: 'webgpu' });
    const naive = await peer(page, 'naive', { ...model, device: 'webgpu' });
    put('webgpu.raw_per_s', raw);
    put('webgpu.naive_per_s', naive);
  }
  await page.close();
}

/** Null, said in the log, where onnxruntime-node's binary is not to be had. */
async function nativePerSecond(
  log: (line: string) => void,
  modelsDir: string,
  path: string,
  files: Files,
): Promise<number | null> {
  if (native instanceof Error) {
    log(`native: skipped, onnxruntime-node could not be used here: ${native.message}`);
    return null;
  }
  return native.nativePerS(modelsDir, path, files);
}

async function offer(page: Page, files: Files): Promise<void> {
  await page.route('**/bench-content', (route) =>
    'texts' in files
      ? route.fulfill({ json: files.texts })
      : route.fulfill({
          body: Buffer.concat(files.images),
          headers: { 'x-sizes': files.images.map((image) => image.length).join(',') },
        }),
  );
}

/** Real items: questions to a bank, or satellite tiles spread over all classes. Null where they are not to be had. */
function read(dataDir: string, spec: EncoderSpec, count: number): Files | null {
  const file = join(dataDir, spec.modality === 'text' ? 'text/banking77_train.csv' : 'images/eurosat_train_3000.zip');
  if (!existsSync(file)) return null;
  if (spec.modality === 'text') {
    const { data } = Papa.parse<{ text: string }>(readFileSync(file, 'utf8'), { header: true, skipEmptyLines: true });
    return { texts: spread(data, count).map((row) => row.text) };
  }
  const members = Object.entries(unzipSync(new Uint8Array(readFileSync(file))))
    .filter(([path]) => path.endsWith('.jpg'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { images: spread(members, count).map(([, bytes]) => bytes) };
}

function spread<T>(all: readonly T[], count: number): T[] {
  const n = Math.min(count, all.length);
  return Array.from({ length: n }, (_, i) => all[Math.floor((i * all.length) / n)]).filter((x) => x !== undefined);
}
