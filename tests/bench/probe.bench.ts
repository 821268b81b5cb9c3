import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import Papa from 'papaparse';
import type { Page } from 'playwright-core';
import { inspectionSample } from '../../src/domain/samples/inspection.ts';

interface BenchContext {
  readonly openModules: () => Promise<Page>;
  readonly quick: boolean;
  readonly dataDir: string;
  readonly log: (line: string) => void;
}
interface Probe {
  readonly name: string;
  readonly encoder: string;
  readonly labels: number;
  readonly inputs: readonly (string | Uint8Array)[];
  readonly classes: readonly string[];
}
const DRAWS = 5;
/** Inverse penalty of the probe. */
const C = 10;

/**
 * Linear probes of the built-in encoders: the app's encode worker learns from the pool and embeds it, then logistic
 * regression on some random labels is tested on all other items; mean and range of the accuracy over five draws.
 */
export async function run({ openModules, quick, dataDir, log }: BenchContext): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  for (const make of [
    () => images('eurosat', dataDir, 'eurosat_train_3000.zip', quick ? 1000 : 3000, quick ? 500 : 1000),
    () => images('cifar10', dataDir, 'cifar10_train_6000.zip', quick ? 1000 : 3000, quick ? 500 : 1000),
    () => practiceImages(quick ? 1000 : 2000, 500),
    () => texts('banking77', dataDir, 'banking77_train.csv', quick ? 4000 : 10_003, 2000),
  ]) {
    const probe = make();
    if (!probe) continue;
    const page = await openModules();
    const { accuracies, seconds, dim } = await measure(page, probe);
    await page.close();
    const mean = accuracies.reduce((a, b) => a + b, 0) / accuracies.length;
    const id = `probe.${probe.name}.${probe.encoder.replace('-', '_')}`;
    log(
      `${probe.name}, ${probe.encoder}, ${probe.labels} labels: ${accuracies.map((a) => a.toFixed(3)).join(' ')}; ${dim} dimensions, ${probe.inputs.length} items in ${seconds.toFixed(1)} s`,
    );
    results[`${id}.accuracy`] = Math.round(mean * 1e4) / 1e4;
    results[`${id}.lowest`] = Math.min(...accuracies);
    results[`${id}.highest`] = Math.max(...accuracies);
    results[`${id}.seconds`] = Math.round(seconds * 10) / 10;
  }
  return results;
}

function images(name: string, dataDir: string, file: string, count: number, labels: number): Probe | null {
  const path = join(dataDir, 'images', file);
  if (!existsSync(path)) return null;
  const members = Object.entries(unzipSync(new Uint8Array(readFileSync(path))))
    .filter(([member]) => member.endsWith('.jpg'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const step = members.length / Math.min(count, members.length);
  const chosen = Array.from(
    { length: Math.min(count, members.length) },
    (_, i) => members[Math.floor(i * step)],
  ).filter((m) => m !== undefined);
  return {
    name,
    encoder: 'builtin-image',
    labels,
    inputs: chosen.map(([, bytes]) => bytes),
    classes: chosen.map(([member]) => member.split('/').at(-2) ?? ''),
  };
}

/** The pictures of machine parts that the app makes for practice. */
function practiceImages(count: number, labels: number): Probe {
  const samples = Array.from({ length: count }, (_, i) => inspectionSample(20_261, i));
  return {
    name: 'inspection',
    encoder: 'builtin-image',
    labels,
    inputs: samples.map(({ png }) => png),
    classes: samples.map(({ label }) => label),
  };
}

function texts(name: string, dataDir: string, file: string, count: number, labels: number): Probe | null {
  const path = join(dataDir, 'text', file);
  if (!existsSync(path)) return null;
  const { data } = Papa.parse<{ text: string; label: string }>(readFileSync(path, 'utf8'), {
    header: true,
    skipEmptyLines: true,
  });
  const rows = data.slice(0, count);
  return {
    name,
    encoder: 'builtin-text',
    labels,
    inputs: rows.map((r) => r.text),
    classes: rows.map((r) => r.label),
  };
}

async function measure(page: Page, probe: Probe): Promise<{ accuracies: number[]; seconds: number; dim: number }> {
  await page.route('**/probe-item/*', (route) => {
    const input = probe.inputs[Number(route.request().url().split('/').at(-1))];
    return route.fulfill({ body: input instanceof Uint8Array ? Buffer.from(input) : (input ?? '') });
  });
  const names = [...new Set(probe.classes)].sort();
  return page.evaluate(
    async ({ encoderId, count, isText, y, classes, labels, draws, c }) => {
      const door = window as unknown as { load: (path: string) => Promise<Record<string, unknown>> };
      const { WorkerEncoder } = (await door.load(
        '/src/platform/workers/encode-client.ts',
      )) as typeof import('../../src/platform/workers/encode-client.ts');
      const maths = (await door.load('/src/domain/logistic.ts')) as typeof import('../../src/domain/logistic.ts');
      const { lambdaOf } = (await door.load(
        '/src/domain/regularisation.ts',
      )) as typeof import('../../src/domain/regularisation.ts');
      const { headProbabilities } = (await door.load(
        '/src/domain/head-maths.ts',
      )) as typeof import('../../src/domain/head-maths.ts');
      const { seededRandom } = (await door.load(
        '/src/domain/random.ts',
      )) as typeof import('../../src/domain/random.ts');
      const inputs = [];
      for (let i = 0; i < count; i++) {
        const reply = await fetch(`/probe-item/${i}`);
        inputs.push(isText ? { text: await reply.text() } : { image: await reply.blob() });
      }
      const encoder = new WorkerEncoder();
      const started = performance.now();
      const { encoderById } = (await door.load(
        '/src/encoders/index.ts',
      )) as typeof import('../../src/encoders/index.ts');
      const spec = encoderById(encoderId);
      if (!spec) throw new Error(`There is no encoder ${encoderId}`);
      await encoder.open(spec, { backend: 'auto', precision: 'fp32', threads: null, batch: null }, null);
      // As many as the app shows it: 1,200 images, 20,000 texts.
      const sample = seededRandom(1)
        .shuffle([...inputs])
        .slice(0, isText ? 20_000 : 1200);
      for (let at = 0; at < sample.length; at += 256) await encoder.fitBatch(sample.slice(at, at + 256));
      await encoder.fitEnd(() => undefined);
      let dim = 0;
      let x = new Float32Array();
      for (let at = 0; at < count; at += 256) {
        const part = inputs.slice(at, at + 256);
        const { data } = await encoder.embed(part);
        if (dim === 0) {
          dim = data.length / part.length;
          x = new Float32Array(count * dim);
        }
        x.set(data, at * dim);
      }
      const seconds = (performance.now() - started) / 1000;
      encoder.stop();
      const accuracies = [];
      for (let draw = 0; draw < draws; draw++) {
        const order = seededRandom(100 + draw).shuffle(Int32Array.from({ length: count }, (_, i) => i));
        const train = order.slice(0, labels);
        const test = order.slice(labels);
        const own = new Float32Array(labels * dim);
        train.forEach((row, i) => own.set(x.subarray(row * dim, (row + 1) * dim), i * dim));
        const standardiser = maths.fitStandardiser(own, labels, dim);
        const z = maths.standardise(own, labels, dim, standardiser);
        const target = train.map((row) => y[row] ?? 0);
        const lambda = lambdaOf(c, dim, labels);
        const fit = maths.fitLogistic(z, target, labels, dim, classes, lambda);
        const head = {
          dim,
          ...standardiser,
          weights: Float32Array.from(fit.weights),
          bias: Float32Array.from(fit.bias),
        };
        const p = headProbabilities(head, x, test);
        let right = 0;
        test.forEach((row, i) => {
          let best = 0;
          for (let k = 1; k < classes; k++) if ((p[i * classes + k] ?? 0) > (p[i * classes + best] ?? 0)) best = k;
          if (best === y[row]) right++;
        });
        accuracies.push(Math.round((1e4 * right) / test.length) / 1e4);
      }
      return { accuracies, seconds, dim };
    },
    {
      encoderId: probe.encoder,
      count: probe.inputs.length,
      isText: typeof probe.inputs[0] === 'string',
      y: probe.classes.map((name) => names.indexOf(name)),
      classes: names.length,
      labels: probe.labels,
      draws: DRAWS,
      c: C,
    },
  );
}
