import type { Page } from 'playwright-core';
import { packEntries, practiceImages, textTable, zippedImages, type Dataset } from './support/datasets.ts';
import { probeAccuracy } from './support/linear-probe.ts';

interface BenchContext {
  readonly openModules: () => Promise<Page>;
  readonly quick: boolean;
  readonly dataDir: string;
  readonly log: (line: string) => void;
}
interface Probe {
  readonly name: string;
  readonly encoder: 'builtin-image' | 'builtin-text';
  readonly labelled: number;
  readonly isQuick: boolean;
  readonly read: (dataDir: string) => Dataset;
}
const DRAWS = 5;
const PROBES: readonly Probe[] = [
  {
    name: 'eurosat',
    encoder: 'builtin-image',
    labelled: 1000,
    isQuick: true,
    read: (dir) => zippedImages(dir, 'eurosat_train_3000.zip'),
  },
  {
    name: 'cifar10',
    encoder: 'builtin-image',
    labelled: 1000,
    isQuick: false,
    read: (dir) => zippedImages(dir, 'cifar10_train_6000.zip'),
  },
  { name: 'inspection', encoder: 'builtin-image', labelled: 500, isQuick: false, read: () => practiceImages(2000) },
  {
    name: 'banking77',
    encoder: 'builtin-text',
    labelled: 2000,
    isQuick: true,
    read: (dir) => textTable(dir, 'banking77_train.csv'),
  },
  {
    name: 'sms_spam',
    encoder: 'builtin-text',
    labelled: 500,
    isQuick: false,
    read: (dir) => textTable(dir, 'sms_spam_train.csv'),
  },
];

/**
 * Linear probe of the built-in encoders: the app's embedding step in its worker over a whole set, then the app's
 * logistic regression on some random labels, tested on all other items; mean and range over five draws.
 */
export async function run({ openModules, quick, dataDir, log }: BenchContext): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  for (const probe of PROBES.filter((p) => p.isQuick || !quick)) {
    const set = probe.read(dataDir);
    const n = set.entries.length;
    log(`${probe.name}: ${n} items, ${set.classes} classes, ${probe.labelled} labels`);
    const { data, dim, seconds, fitSeconds } = await embed(openModules, probe.encoder, set.entries);
    const embedded = { data, n, dim, labels: set.labels, classes: set.classes };
    const accuracies = Array.from({ length: DRAWS }, (_, draw) => probeAccuracy(embedded, probe.labelled, draw + 1));
    const at = `probe.${probe.name}.${probe.encoder.replace('-', '_')}`;
    results[`${at}.accuracy`] = round(accuracies.reduce((a, b) => a + b, 0) / DRAWS, 4);
    results[`${at}.accuracy_min`] = round(Math.min(...accuracies), 4);
    results[`${at}.accuracy_max`] = round(Math.max(...accuracies), 4);
    results[`${at}.seconds`] = round(seconds, 2);
    results[`${at}.fit_seconds`] = round(fitSeconds, 2);
    results[`${at}.ms_per_item`] = round((1000 * (seconds - fitSeconds)) / n, 3);
    results[`${at}.dim`] = dim;
  }
  return results;
}

interface Measured {
  /** Row-major [entries, dim]. */
  readonly data: Float32Array;
  readonly dim: number;
  /** Learning from the pool and embedding all of it. */
  readonly seconds: number;
  readonly fitSeconds: number;
}

/** Embeds the entries in a page, as a project does: `embedItems`, the encode worker, storage in memory. */
async function embed(
  openModules: BenchContext['openModules'],
  encoderId: string,
  entries: readonly Uint8Array[],
): Promise<Measured> {
  const page = await openModules();
  await page.route('**/probe-entries', (route) =>
    route.fulfill({ body: packEntries(entries), contentType: 'application/octet-stream' }),
  );
  const { base64, ...rest } = await page.evaluate(embedInPage, encoderId);
  await page.close();
  const bytes = Buffer.from(base64, 'base64');
  return { ...rest, data: new Float32Array(new Uint8Array(bytes).buffer) };
}

/** Runs in the page; takes nothing from this file's scope. */
async function embedInPage(encoderId: string): Promise<Omit<Measured, 'data'> & { base64: string }> {
  // `load` is the bench page's door to the app's modules.
  const { load } = window as unknown as { load: (path: string) => Promise<unknown> };
  const loop = (await load('/src/loop/embed-items.ts')) as typeof import('../../src/loop/embed-items.ts');
  const { encoderById } = (await load('/src/encoders/index.ts')) as typeof import('../../src/encoders/index.ts');
  const { WorkerEncoder } = (await load(
    '/src/platform/workers/encode-client.ts',
  )) as typeof import('../../src/platform/workers/encode-client.ts');
  const { MemoryStorage } = (await load(
    '/tests/fakes/memory-storage.ts',
  )) as typeof import('../../tests/fakes/memory-storage.ts');
  const ids = (await load('/src/domain/ids.ts')) as typeof import('../../src/domain/ids.ts');

  const block = new Uint8Array(await (await fetch('/probe-entries')).arrayBuffer());
  const header = block.indexOf(10);
  const sizes = JSON.parse(new TextDecoder().decode(block.subarray(0, header))) as number[];
  let from = header + 1;
  const parts = sizes.map((size) => block.slice(from, (from += size)));
  const spec = encoderById(encoderId);
  if (!spec) throw new Error(`No encoder ${encoderId}`);
  const items = parts.map((part, row) => ({
    id: ids.itemId(row.toString(16).padStart(64, '0')),
    row,
    modality: spec.modality,
    paths: [String(row)],
    sizeBytes: part.length,
    width: 0,
    height: 0,
    preview: '',
    hint: null,
  }));
  const decoder = new TextDecoder();
  const inputs = parts.map((part) =>
    spec.modality === 'text' ? { text: decoder.decode(part) } : { image: new Blob([part]) },
  );
  const store = new MemoryStorage().embeddings;
  const project = ids.projectId('probe');
  const encoder = new WorkerEncoder();
  const startedAt = performance.now();
  let fittedAt = startedAt;
  const { failed } = await loop.embedItems({
    encoder,
    spec,
    backend: 'cpu',
    store: {
      ...store,
      putEncoderState: (...args) => {
        fittedAt = performance.now();
        return store.putEncoderState(...args);
      },
    },
    project,
    items,
    load: (some) => Promise.resolve(some.map((item) => inputs[item.row] ?? null)),
    signal: new AbortController().signal,
    onInfo: () => undefined,
    onProgress: () => undefined,
    onStored: () => undefined,
  });
  const endedAt = performance.now();
  encoder.stop();
  if (failed.length > 0) throw new Error(`${failed.length} items could not be embedded: ${failed[0]?.reason ?? ''}`);
  const { data, dim } = await loop.loadMatrix(store, project, loop.embeddingKey(spec), items);
  const address = await new Promise<string>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.readAsDataURL(new Blob([data as BlobPart]));
  });
  return {
    base64: address.slice(address.indexOf(',') + 1),
    dim,
    seconds: (endedAt - startedAt) / 1000,
    fitSeconds: (fittedAt - startedAt) / 1000,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
