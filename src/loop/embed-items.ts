import { isAbort, WinnowError } from '../domain/errors.ts';
import type { ItemId, ProjectId, Row } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { EmbeddingKey, EmbeddingStore, EncodeInput, Encoder, EncoderInfo, RunPlan } from './ports.ts';

/** Key of an encoder's embeddings: id, revision and number type. Sets of different keys never mix. */
export function embeddingKey(spec: EncoderSpec): EmbeddingKey {
  return `${spec.id}@${spec.revision}-${spec.dtypes.wasm}`;
}

interface Failed {
  readonly item: ItemId;
  readonly reason: string;
}
export interface EmbedProgress {
  readonly done: number;
  readonly total: number;
  readonly ratePerS: number;
  readonly etaS: number | null;
  readonly detail: string;
}
export interface EmbedOptions {
  readonly encoder: Encoder;
  readonly spec: EncoderSpec;
  readonly plan: RunPlan;
  readonly store: EmbeddingStore;
  readonly project: ProjectId;
  readonly items: readonly Item[];
  /** Reads what the encoder needs of some items; null where an item can't be read. */
  readonly load: (items: readonly Item[]) => Promise<(EncodeInput | null)[]>;
  readonly signal: AbortSignal;
  readonly onInfo: (info: EncoderInfo) => void;
  readonly onProgress: (progress: EmbedProgress) => void;
  /** Called after each stored chunk. */
  readonly onStored: (ids: readonly ItemId[]) => void;
}

const BATCH = 32;
const CHUNK = 256;
const FIT_TEXTS = 20_000;
const FIT_IMAGES = 1_200;

/**
 * Embeds what has no embedding under the encoder's key yet. Every chunk is durable before the next begins, so a cancel or
 * a reload goes on from there. A cancel ends the worker and takes effect at once, whatever is under way. An item that the
 * encoder can't read is reported and left out. A batch that breaks the encoder is tried again item by item in a new
 * worker; throws when not one item of such a batch can be embedded.
 */
export async function embedItems(o: EmbedOptions): Promise<{ failed: Failed[] }> {
  const stop = (): void => o.encoder.stop();
  o.signal.addEventListener('abort', stop);
  try {
    return { failed: await embedMissing(o) };
  } finally {
    o.signal.removeEventListener('abort', stop);
  }
}

async function embedMissing(o: EmbedOptions): Promise<Failed[]> {
  const key = embeddingKey(o.spec);
  const known = new Set(await o.store.ids(o.project, key));
  const missing = o.items.filter((item) => !known.has(item.id));
  const failed: Failed[] = [];
  const total = o.items.length;
  let done = total - missing.length;
  const first = done;
  o.onProgress({ done, total, ratePerS: 0, etaS: null, detail: 'starting the encoder' });
  const state = await open(o, key);
  if (o.encoder.needsFit(o.spec) && state === null) await fit(o, key);
  const startedAt = performance.now();
  let next = o.load(missing.slice(0, CHUNK));
  for (let start = 0; start < missing.length; start += CHUNK) {
    o.signal.throwIfAborted();
    const items = missing.slice(start, start + CHUNK);
    const inputs = await orAbort(o.signal, () => next);
    // Reading of the next chunk overlaps the computing of this one.
    next = o.load(missing.slice(start + CHUNK, start + 2 * CHUNK));
    next.catch(() => undefined);
    const good: Item[] = [];
    const parts: Float32Array[] = [];
    for (let at = 0; at < items.length; at += BATCH) {
      o.signal.throwIfAborted();
      const batch = items.slice(at, at + BATCH).flatMap((item, i) => {
        const input = inputs[at + i];
        if (input) return [{ item, input }];
        failed.push({ item: item.id, reason: 'The file could not be read.' });
        return [];
      });
      for (const { item, vector } of await embedBatch(o, key, batch, failed)) {
        good.push(item);
        parts.push(vector);
      }
      done += Math.min(BATCH, items.length - at);
      const ratePerS = (done - first) / Math.max(1e-3, (performance.now() - startedAt) / 1000);
      o.onProgress({ done, total, ratePerS, etaS: (total - done) / ratePerS, detail: '' });
    }
    const dim = parts[0]?.length ?? 0;
    if (dim === 0) continue;
    const data = new Float32Array(parts.length * dim);
    parts.forEach((part, i) => data.set(part, i * dim));
    const ids = good.map((item) => item.id);
    await o.store.append(o.project, key, { ids, dim, data });
    o.onStored(ids);
  }
  return failed;
}

/** All embeddings under a key as one row-major matrix by item row; rows without one are zero and listed. */
export async function loadMatrix(
  store: EmbeddingStore,
  project: ProjectId,
  key: EmbeddingKey,
  items: readonly Item[],
): Promise<{ data: Float32Array; dim: number; missing: Row[] }> {
  const chunks = await store.chunks(project, key);
  const dim = chunks[0]?.dim ?? 0;
  if (dim === 0) throw new WinnowError('learner-failed', 'Nothing is embedded yet');
  const rowOf = new Map(items.map((item) => [item.id, item.row]));
  const data = new Float32Array(items.length * dim);
  const isThere = new Uint8Array(items.length);
  for (const chunk of chunks) {
    chunk.ids.forEach((id, i) => {
      const row = rowOf.get(id);
      if (row === undefined || chunk.dim !== dim) return;
      data.set(chunk.data.subarray(i * dim, (i + 1) * dim), row * dim);
      isThere[row] = 1;
    });
  }
  return { data, dim, missing: items.flatMap((item) => (isThere[item.row] === 1 ? [] : [item.row])) };
}

async function open(o: EmbedOptions, key: EmbeddingKey): Promise<unknown> {
  const state = await o.store.getEncoderState(o.project, key);
  o.onInfo(await orAbort(o.signal, () => o.encoder.open(o.spec, o.plan, state)));
  return state;
}

/** Lets a built-in encoder learn from a random sample of the pool and stores what it learnt. */
async function fit(o: EmbedOptions, key: EmbeddingKey): Promise<void> {
  const most = o.spec.modality === 'text' ? FIT_TEXTS : FIT_IMAGES;
  const order = seededRandom(hashSeed(1, key)).shuffle(o.items.map((_, i) => i));
  const sample = order.slice(0, most).flatMap((i) => o.items[i] ?? []);
  const report = (share: number): void =>
    o.onProgress({
      done: 0,
      total: 0,
      ratePerS: 0,
      etaS: null,
      detail: `learning from your items, ${Math.round(share * 100)} %`,
    });
  for (let start = 0; start < sample.length; start += CHUNK) {
    const inputs = await orAbort(o.signal, () => o.load(sample.slice(start, start + CHUNK)));
    await orAbort(o.signal, () => o.encoder.fitBatch(inputs.filter((i) => i !== null)));
    report((0.2 * start) / sample.length);
  }
  const state = await orAbort(o.signal, () => o.encoder.fitEnd((share) => report(0.2 + 0.8 * share)));
  await o.store.putEncoderState(o.project, key, state);
}

/** Does the work and waits for it, but no longer than until the signal; a signal already given starts nothing. */
function orAbort<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

interface Loaded {
  readonly item: Item;
  readonly input: EncodeInput;
}
async function embedBatch(
  o: EmbedOptions,
  key: EmbeddingKey,
  batch: readonly Loaded[],
  failed: Failed[],
): Promise<{ item: Item; vector: Float32Array }[]> {
  if (batch.length === 0) return [];
  const run = async (part: readonly Loaded[]): Promise<{ item: Item; vector: Float32Array }[]> => {
    const encoded = await orAbort(o.signal, () => o.encoder.embed(part.map((b) => b.input)));
    const dim = encoded.data.length / part.length;
    const reasons = new Map(encoded.failed.map(({ index, reason }) => [index, reason]));
    return part.flatMap(({ item }, i) => {
      const reason = reasons.get(i);
      if (reason === undefined) return [{ item, vector: encoded.data.slice(i * dim, (i + 1) * dim) }];
      failed.push({ item: item.id, reason });
      return [];
    });
  };
  try {
    return await run(batch);
  } catch (error) {
    if (isAbort(error)) throw error;
    // The inference chain stays broken after one failure: a new worker, then one item at a time to find the culprit.
    const out: { item: Item; vector: Float32Array }[] = [];
    let lastError: unknown = error;
    let isFresh = false;
    let hasWorked = false;
    for (const one of batch) {
      o.signal.throwIfAborted();
      if (!isFresh) {
        o.encoder.stop();
        await open(o, key);
        isFresh = true;
      }
      try {
        out.push(...(await run([one])));
        hasWorked = true;
      } catch (again) {
        if (isAbort(again)) throw again;
        lastError = again;
        isFresh = false;
        failed.push({ item: one.item.id, reason: again instanceof Error ? again.message : String(again) });
      }
    }
    if (!hasWorked && batch.length > 1) throw lastError;
    return out;
  }
}
