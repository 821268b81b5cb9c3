import type { ItemId, ProjectId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed, seededRandom } from '../domain/random.ts';
import { MOST_LEARNT_FROM } from '../domain/learning-from-pool.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import { embeddingKey } from './embedding-key.ts';
import { ChunkWriter } from './chunk-writer.ts';
import { noting, notesIn, storedNotes } from './stored-embeddings.ts';
import { EncoderRun, orAbort, type Loaded, type Outcome } from './encoder-run.ts';
import type { EmbeddingChunk, EmbeddingKey, EmbeddingStore, ForeignChunk } from './storage-ports.ts';
import type { EncodeInput, Encoder, EncoderInfo, RunPlan } from './encoder-ports.ts';

interface Failed {
  readonly item: ItemId;
  readonly reason: string;
}
export interface EmbedResult {
  readonly failed: readonly Failed[];
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
  /** Says that the encoder now runs elsewhere than planned, in a sentence. */
  readonly onFallback: (sentence: string) => void;
  readonly onProgress: (progress: EmbedProgress) => void;
  /** All texts so far that are longer than the encoder reads. */
  readonly onTruncated: (ids: ReadonlySet<ItemId>) => void;
  /** Called after each stored chunk. */
  readonly onStored: (ids: readonly ItemId[]) => void;
}

const CHUNK = 256;
/**
 * Items in one call to the encoder, for each copy of the model: images by how much memory their pixels need, texts by how
 * long it takes, in whole batches.
 */
const IMAGES = 8;
const TEXTS = { batch: 64, least: 16, most: 512, seconds: 3 };
/** Calls under way: while one is computed, the next is read, tokenised or decoded. */
const AHEAD = 2;

/**
 * Embeds what has no embedding under the encoder's key yet. Reading, computing and storing overlap; every chunk is
 * durable by itself, so a cancel or a reload goes on from there. A cancel ends the worker and takes effect at once,
 * whatever is under way. An item that the encoder can't read is reported and left out.
 */
export async function embedItems(o: EmbedOptions): Promise<EmbedResult> {
  const stop = (): void => o.encoder.stop();
  o.signal.addEventListener('abort', stop);
  try {
    return await embedMissing(o);
  } finally {
    o.signal.removeEventListener('abort', stop);
  }
}

/** One call to the encoder that is under way; its outcome never rejects. */
interface Flight {
  readonly items: readonly Item[];
  readonly batch: Promise<Loaded[]>;
  readonly generation: number;
  readonly outcome: Promise<Outcome | { readonly error: unknown }>;
}

async function embedMissing(o: EmbedOptions): Promise<EmbedResult> {
  const key = embeddingKey(o.spec, o.plan.precision);
  const known = new Set(await o.store.ids(o.project, key));
  const missing = await reuse(
    o,
    key,
    o.items.filter((item) => !known.has(item.id)).sort((a, b) => weightOf(b) - weightOf(a)),
  );
  if (missing.length === 0) return { failed: [] };
  const total = o.items.length;
  const first = total - missing.length;
  o.onProgress({ done: first, total, ratePerS: 0, etaS: null, detail: 'starting the encoder' });
  const readState = (): Promise<unknown> => o.store.getEncoderState(o.project, key);
  let lanes = 1;
  const noteInfo = (info: EncoderInfo): void => {
    lanes = info.lanes;
    o.onInfo(info);
  };
  const run = new EncoderRun({ ...o, onInfo: noteInfo }, readState);
  await run.open();
  if (o.encoder.needsFit(o.spec) && (await readState()) === null) {
    await fit(o, key);
    // With what it has learnt, as many copies as can work side by side.
    await run.open();
  }

  const failed: Failed[] = [];
  const writer = new ChunkWriter(o.store, o.project, key, o.onStored);
  const startedAt = performance.now();
  const flights: Flight[] = [];
  let size = o.spec.modality === 'image' ? Math.max(2 * IMAGES, lanes * IMAGES) : 2 * lanes * TEXTS.batch;
  let next = 0;
  let done = first;
  const all = sum(missing);
  let left = all;
  try {
    while (done < total) {
      o.signal.throwIfAborted();
      while (flights.length < AHEAD && next < missing.length) {
        flights.push(start(o, run, missing.slice(next, next + size)));
        next += size;
      }
      const flight = flights.shift();
      if (!flight) break;
      const batch = await orAbort(o.signal, () => flight.batch);
      const read = new Set(batch.map(({ item }) => item.id));
      for (const { id } of flight.items) {
        if (!read.has(id)) failed.push({ item: id, reason: 'The file could not be read.' });
      }
      const outcome = await land(o, run, flight, batch);
      failed.push(...outcome.failed.map(({ item, reason }) => ({ item: item.id, reason })));
      const truncated = outcome.embedded.flatMap(({ item, isTruncated }) => (isTruncated ? [item.id] : []));
      const previews = batch.flatMap(({ item, input }) => ('image' in input && input.isPreview ? [item.id] : []));
      await note(o, key, truncated, previews);
      await writer.add(outcome.embedded);
      done += flight.items.length;
      const elapsedS = Math.max(1e-3, (performance.now() - startedAt) / 1000);
      const ratePerS = (done - first) / elapsedS;
      if (o.spec.modality === 'text') size = textsIn(ratePerS, lanes);
      left -= sum(flight.items);
      const etaS = (left / Math.max(1, all - left)) * elapsedS;
      o.onProgress({ done, total, ratePerS, etaS, detail: '' });
    }
    await writer.finish();
  } finally {
    await writer.settle();
  }
  return { failed };
}

/** Texts in one call at this speed. */
function textsIn(ratePerS: number, lanes: number): number {
  const wanted = Math.min(TEXTS.most * lanes, ratePerS * TEXTS.seconds);
  const whole = TEXTS.batch * lanes;
  return wanted < whole ? Math.max(TEXTS.least, Math.round(wanted)) : Math.floor(wanted / whole) * whole;
}

/** Copies what other projects have of the same bytes under the same key; returns the items that are still missing. */
async function reuse(o: EmbedOptions, key: EmbeddingKey, missing: readonly Item[]): Promise<readonly Item[]> {
  // What learns from the pool gives the same item another embedding in every project.
  if (o.encoder.needsFit(o.spec) || missing.length === 0) return missing;
  const wanted = new Set(missing.map((item) => item.id));
  for await (const chunk of o.store.elsewhere(o.project, key, wanted)) {
    o.signal.throwIfAborted();
    const { truncated, previews, isImported } = notesIn(await o.store.getEncoderState(chunk.project, key));
    // Only what was computed on this machine from the very bytes.
    const bad = new Set(isImported ? chunk.ids : previews);
    const own = rowsOf(chunk, (id) => !bad.has(id));
    if (own.ids.length === 0) continue;
    await o.store.append(o.project, key, own);
    const cut = new Set(truncated);
    const ownCut = own.ids.filter((id) => cut.has(id));
    await note(o, key, ownCut, []);
    for (const id of own.ids) wanted.delete(id);
    o.onStored(own.ids);
  }
  return missing.filter((item) => wanted.has(item.id));
}

function rowsOf({ ids, dim, data }: ForeignChunk, isGood: (id: ItemId) => boolean): EmbeddingChunk {
  const rows = ids.flatMap((id, i) => (isGood(id) ? [i] : []));
  const out = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => out.set(data.subarray(row * dim, (row + 1) * dim), i * dim));
  return { ids: rows.map((row) => ids[row] as ItemId), dim, data: out };
}

/**
 * What an item costs, about: a text its length, so that texts of one length come together and little is padded; longest
 * first, so that what does not fit shows at once.
 */
function weightOf(item: Item): number {
  return item.modality === 'text' ? item.sizeBytes : 1;
}
function sum(items: readonly Item[]): number {
  return items.reduce((total, item) => total + weightOf(item), 0);
}

/** Remembers more texts that were cut and pictures that were read from previews, before their embeddings are stored. */
async function note(
  o: EmbedOptions,
  key: EmbeddingKey,
  truncated: readonly ItemId[],
  previews: readonly ItemId[],
): Promise<void> {
  // Beside the embeddings of an encoder that learns lies what it has learnt.
  if (o.encoder.needsFit(o.spec) || truncated.length + previews.length === 0) return;
  const known = notesIn(await o.store.getEncoderState(o.project, key));
  const cut = new Set([...known.truncated, ...truncated]);
  const small = new Set([...known.previews, ...previews]);
  const notes = storedNotes({ ...known, truncated: [...cut], previews: [...small] });
  await o.store.putEncoderState(o.project, key, notes);
  if (truncated.length > 0) o.onTruncated(cut);
}

function start(o: EmbedOptions, run: EncoderRun, items: readonly Item[]): Flight {
  const batch = orAbort(o.signal, () => o.load(items)).then((inputs) =>
    items.flatMap((item, i) => {
      const input = inputs[i];
      return input ? [{ item, input }] : [];
    }),
  );
  const { generation } = run;
  const outcome = batch.then((loaded) => run.embed(loaded)).catch((error: unknown) => ({ error }));
  return { items, batch, generation, outcome };
}

/** What became of a call, whatever it takes: a worker that ended meanwhile took the call with it. */
async function land(o: EmbedOptions, run: EncoderRun, flight: Flight, batch: readonly Loaded[]): Promise<Outcome> {
  const again = (): Promise<Outcome | { error: unknown }> => run.embed(batch).catch((error: unknown) => ({ error }));
  const isStale = flight.generation !== run.generation;
  const outcome = await (isStale ? again() : flight.outcome);
  if (!('error' in outcome)) return outcome;
  o.signal.throwIfAborted();
  return run.recover(batch, outcome.error);
}

/** Lets a built-in encoder learn from a random sample of the pool and stores what it learnt. */
async function fit(o: EmbedOptions, key: EmbeddingKey): Promise<void> {
  const order = seededRandom(hashSeed(1, key)).shuffle(o.items.map((_, i) => i));
  const sample = order.slice(0, MOST_LEARNT_FROM[o.spec.modality]).flatMap((i) => o.items[i] ?? []);
  const report = (share: number): void =>
    o.onProgress({
      done: 0,
      total: 0,
      ratePerS: 0,
      etaS: null,
      detail: `learning from your items, ${Math.round(share * 100)} %`,
    });
  let learntFrom = 0;
  for (let start = 0; start < sample.length; start += CHUNK) {
    const loaded = await orAbort(o.signal, () => o.load(sample.slice(start, start + CHUNK)));
    const inputs = loaded.filter((i) => i !== null);
    await orAbort(o.signal, () => o.encoder.fitBatch(inputs));
    learntFrom += inputs.length;
    report((0.2 * start) / sample.length);
  }
  const state = await orAbort(o.signal, () => o.encoder.fitEnd((share) => report(0.2 + 0.8 * share)));
  await o.store.putEncoderState(o.project, key, noting(state, learntFrom));
}
