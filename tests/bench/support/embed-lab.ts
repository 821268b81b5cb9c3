import { wrap } from 'comlink';
import { deleteDB } from 'idb';
import { planBatches } from '../../../src/domain/embedding/batch-plan.ts';
import { itemId, projectId } from '../../../src/domain/ids.ts';
import type { Item } from '../../../src/domain/item.ts';
import type { EncoderSpec } from '../../../src/encoders/spec.ts';
import { embedItems } from '../../../src/loop/embed-items.ts';
import { embeddingKey } from '../../../src/loop/embedding-key.ts';
import type { EncodeInput, EncoderInfo, RunPlan } from '../../../src/loop/encoder-ports.ts';
import type { NewItem } from '../../../src/loop/storage-ports.ts';
import { IdbStorage } from '../../../src/platform/idb/idb-storage.ts';
import { WorkerEncoder } from '../../../src/platform/workers/encode-client.ts';
import type { Peer, PeerModel, ReadyBatch } from './embed-peer-worker.ts';

/** What the bench runs inside the page: Winnow's own path, and its peers in a worker. */
const NAME = 'winnow-bench';
const PROJECT = projectId('bench');
const ROWS = 64;
/** Tokens or images in one run of a bare session: the quickest on some of the items is taken for all. */
const BATCHES = { text: [128, 256, 1024], image: [2, 4, 8] } as const;
const TRIAL = { text: 200, image: 24 } as const;

export type Content = { readonly texts: readonly string[] } | { readonly images: readonly Blob[] };

export interface WinnowRun {
  readonly perS: number;
  readonly backend: string;
  readonly stored: number;
  /** Longest task of the main thread meanwhile, milliseconds; 0 when none was over 50. */
  readonly longestTaskMs: number;
}

/** Fetches what the bench offers: texts as JSON, or images joined, with their sizes in a header. */
export async function fetchContent(address: string): Promise<Content> {
  const response = await fetch(address);
  const sizes = response.headers.get('x-sizes');
  if (sizes === null) return { texts: (await response.json()) as string[] };
  const all = await response.arrayBuffer();
  let at = 0;
  const images = sizes.split(',').map((size) => new Blob([all.slice(at, (at += Number(size)))]));
  return { images };
}

/** What every way may embed before its time is taken: code that is new to the browser runs slowly at first. */
export const WARM_UP = 32;

/** Opens warm: with the first items embedded once. */
class WarmEncoder extends WorkerEncoder {
  readonly #items: readonly EncodeInput[];
  constructor(content: Content) {
    super();
    this.#items =
      'texts' in content
        ? content.texts.slice(0, WARM_UP).map((text) => ({ text }))
        : content.images.slice(0, WARM_UP).map((image) => ({ image }));
  }
  override async open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo> {
    const info = await super.open(spec, plan, state);
    await this.embed(this.#items);
    return info;
  }
}

/** Items per second from the stored file or text to the stored embedding; loading and warming the model is left out. */
export async function winnow(spec: EncoderSpec, plan: RunPlan, content: Content): Promise<WinnowRun> {
  await deleteDB(NAME);
  const storage = await IdbStorage.open(NAME);
  const encoder = new WarmEncoder(content);
  let longestTaskMs = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, entry.duration);
  });
  try {
    const items = await fill(storage, content);
    let from = 0;
    let backend = '';
    await embedItems({
      encoder,
      spec,
      plan,
      store: storage.embeddings,
      project: PROJECT,
      items,
      load: (some) => load(storage, content, some),
      signal: new AbortController().signal,
      onInfo: (info) => {
        backend = info.backend;
        from = performance.now();
        (window as { isEmbedding?: boolean }).isEmbedding = true;
        observer.observe({ type: 'longtask' });
      },
      onFallback: () => undefined,
      onProgress: () => undefined,
      onTruncated: () => undefined,
      onStored: () => undefined,
    });
    const perS = (1000 * items.length) / (performance.now() - from);
    const stored = (await storage.embeddings.ids(PROJECT, embeddingKey(spec))).length;
    return { perS, backend, stored, longestTaskMs };
  } finally {
    observer.disconnect();
    encoder.stop();
    storage.close();
  }
}

export function naive(model: PeerModel, content: Content): Promise<number> {
  return withPeer((peer) => peer.naive(model, 'texts' in content ? content.texts : content.images, WARM_UP));
}

/** The bare session on ready-made batches, of the size that suits it best. */
export function raw(model: PeerModel, content: Content, mostTokens: number, side: number): Promise<number> {
  return withPeer(async (peer) => {
    const tokens = 'texts' in content ? await peer.tokenize(model.path, content.texts, mostTokens) : null;
    const count = 'texts' in content ? content.texts.length : content.images.length;
    const batches = (size: number, most: number): ReadyBatch[] => {
      const some = tokens?.filter((_, i) => (i * most) % count < most);
      if (!some) return pictures(size, Math.min(most, count));
      const lengths = some.map((ids) => ids.length);
      return planBatches(lengths, { tokens: size, rows: ROWS }).map((rows) => pad(rows, some));
    };
    let best: { size: number; perS: number } | null = null;
    for (const size of BATCHES[model.modality]) {
      const perS = await peer.raw(model, batches(size, TRIAL[model.modality]), side, WARM_UP);
      if (!best || perS > best.perS) best = { size, perS };
    }
    return peer.raw(model, batches(best?.size ?? 1, count), side, WARM_UP);
  });
}

function pictures(rows: number, count: number): ReadyBatch[] {
  const none = new BigInt64Array();
  return Array.from({ length: Math.floor(count / rows) }, () => ({ rows, columns: 0, ids: none, mask: none }));
}

function pad(rows: Int32Array, tokens: readonly number[][]): ReadyBatch {
  const columns = Math.max(...[...rows].map((row) => tokens[row]?.length ?? 0));
  const ids = new BigInt64Array(rows.length * columns);
  const mask = new BigInt64Array(rows.length * columns);
  rows.forEach((row, i) =>
    tokens[row]?.forEach((id, t) => {
      ids[i * columns + t] = BigInt(id);
      mask[i * columns + t] = 1n;
    }),
  );
  return { rows: rows.length, columns, ids, mask };
}

async function withPeer<T>(use: (peer: import('comlink').Remote<Peer>) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL('./embed-peer-worker.ts', import.meta.url), { type: 'module' });
  try {
    return await use(wrap<Peer>(worker));
  } finally {
    worker.terminate();
  }
}

/** Stores the items as an import does: texts, or originals and no thumbnails. */
async function fill(storage: IdbStorage, content: Content): Promise<Item[]> {
  const isText = 'texts' in content;
  const count = isText ? content.texts.length : content.images.length;
  const added = Array.from({ length: count }, (_, row): NewItem => {
    const image = isText ? null : (content.images[row] ?? null);
    const item: Item = {
      id: itemId(row.toString(16).padStart(64, '0')),
      row,
      modality: isText ? 'text' : 'image',
      paths: [`${row}`],
      sizeBytes: image?.size ?? new TextEncoder().encode(isText ? content.texts[row] : '').length,
      width: 0,
      height: 0,
      preview: '',
      hint: null,
    };
    return { item, text: isText ? (content.texts[row] ?? '') : null, thumb: null, original: image };
  });
  await storage.items.commit(PROJECT, { added, changed: [], rejected: [], seen: [], journal: null });
  return added.map(({ item }) => item);
}

async function load(storage: IdbStorage, content: Content, items: readonly Item[]): Promise<(EncodeInput | null)[]> {
  const ids = items.map((item) => item.id);
  if ('texts' in content) {
    return (await storage.items.texts(PROJECT, ids)).map((text) => (text === null ? null : { text }));
  }
  return (await storage.items.originals(PROJECT, ids)).map((image) => (image === null ? null : { image }));
}
