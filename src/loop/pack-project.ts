import { joinFloats } from '../domain/floats.ts';
import { ProjectFold } from '../domain/fold.ts';
import type { ItemId, ProjectId } from '../domain/ids.ts';
import { toLines, type ChunkEntry, type EncoderEntry, type HeadEntry, type Manifest } from '../formats/bundle.ts';
import { writeShard, type ShardEntry } from '../formats/bundle-shard.ts';
import { packState } from '../formats/bundle-state.ts';
import { utf8 } from '../formats/bytes.ts';
import { ZipWriter } from '../formats/zip.ts';
import type { Storage } from './storage-ports.ts';
import { sha256 } from './sha256.ts';
import { hasNotes, notesIn, storedNotes } from './stored-embeddings.ts';

const BATCH = 200;
/** Originals are read this many at a time; a file of the bundle ends once it holds this much. */
const ORIGINALS = 16;
const SHARD_BYTES = 16 * 1024 ** 2;
/** Bytes are handed to the browser's blob store in pieces of this size, so that they don't pile up in memory. */
const PIECE_BYTES = 8 * 1024 ** 2;

export type PackProgress = (done: number, total: number) => void;

/**
 * Packs a project into one zip: log, items, texts or thumbnails, originals when asked, embeddings, what the encoders have
 * learnt, and checkpoints; last the manifest with a checksum for each. Meant for a worker. Throws `too-large` at 4 GB.
 */
export async function writeBundle(
  storage: Storage,
  project: ProjectId,
  withOriginals: boolean,
  onProgress: PackProgress,
): Promise<Blob> {
  const events = await storage.events.read(project);
  const items = await storage.items.all(project);
  const state = ProjectFold.of(events).state();
  const out = new BundleWriter();
  await out.add('events.jsonl', utf8(toLines(events)));
  await out.add('items.jsonl', utf8(toLines(items)));
  await out.add('rejections.json', utf8(JSON.stringify(await storage.items.rejections(project))));
  const ids = items.map((item) => item.id);
  const isText = state.modality === 'text';
  for (let start = 0; start < ids.length; start += BATCH) {
    const part = ids.slice(start, start + BATCH);
    onProgress(start, ids.length);
    if (isText) {
      const texts = await storage.items.texts(project, part);
      const lines = part.flatMap((id, i) => (texts[i] === null ? [] : [{ id, text: texts[i] }]));
      await out.add(`texts/${start / BATCH}.jsonl`, utf8(toLines(lines)));
    } else {
      const thumbs = await storage.items.thumbs(project, part);
      await out.add(`thumbs/${start / BATCH}.bin`, writeShard(await entriesOf(part, thumbs)), true);
    }
  }
  if (withOriginals && !isText) await addOriginals(storage, project, ids, out);
  await addEmbeddings(storage, project, out);
  const heads = await addHeads(storage, project, out);
  // A project that was begun by an earlier version says so in its first event: the layout tells that version to refuse it.
  if (state.calibration.size > 0) out.needs(2);
  const { name, modality, createdAt } = state;
  const counts = { items: items.length, events: events.length, labels: state.labels.size, heads };
  const blob = out.end({ name, modality, createdAt, counts, hasOriginals: withOriginals && !isText });
  onProgress(ids.length, ids.length);
  return blob;
}

class BundleWriter {
  readonly #files: Manifest['files'] = {};
  #version = 1;
  readonly #blobs: Blob[] = [];
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  readonly #zip = new ZipWriter((bytes) => {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= PIECE_BYTES) this.#flush();
  });

  async add(name: string, bytes: Uint8Array, isPacked = false): Promise<void> {
    this.#files[name] = { bytes: bytes.length, sha256: await sha256(bytes) };
    this.#zip.add(name, bytes, isPacked);
  }

  /** The bundle holds something that readers of earlier layouts do not know. */
  needs(version: number): void {
    this.#version = Math.max(this.#version, version);
  }

  end(facts: Omit<Manifest, 'format' | 'version' | 'files'>): Blob {
    const manifest: Manifest = { format: 'winnow-project', version: this.#version, ...facts, files: this.#files };
    this.#zip.add('manifest.json', utf8(JSON.stringify(manifest, null, 1)), false);
    this.#zip.end();
    this.#flush();
    return new Blob(this.#blobs, { type: 'application/zip' });
  }

  #flush(): void {
    this.#blobs.push(new Blob(this.#pending as BlobPart[]));
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

async function entriesOf(ids: readonly ItemId[], blobs: readonly (Blob | null)[]): Promise<ShardEntry[]> {
  const entries = await Promise.all(
    ids.map(async (id, i) => {
      const blob = blobs[i];
      return blob ? { id, type: blob.type, bytes: new Uint8Array(await blob.arrayBuffer()) } : null;
    }),
  );
  return entries.filter((entry) => entry !== null);
}

async function addOriginals(
  storage: Storage,
  project: ProjectId,
  ids: readonly ItemId[],
  out: BundleWriter,
): Promise<void> {
  let shard: ShardEntry[] = [];
  let bytes = 0;
  let number = 0;
  const flush = async (): Promise<void> => {
    if (shard.length > 0) await out.add(`originals/${number++}.bin`, writeShard(shard), true);
    shard = [];
    bytes = 0;
  };
  for (let start = 0; start < ids.length; start += ORIGINALS) {
    const part = ids.slice(start, start + ORIGINALS);
    for (const entry of await entriesOf(part, await storage.items.originals(project, part))) {
      shard.push(entry);
      bytes += entry.bytes.length;
      if (bytes >= SHARD_BYTES) await flush();
    }
  }
  await flush();
}

async function addEmbeddings(storage: Storage, project: ProjectId, out: BundleWriter): Promise<void> {
  const chunks: ChunkEntry[] = [];
  const encoders: EncoderEntry[] = [];
  for (const key of await storage.embeddings.keys(project)) {
    for (const { ids, dim, data } of await storage.embeddings.chunks(project, key)) {
      const file = `embeddings/${chunks.length}.bin`;
      chunks.push({ key, dim, ids: [...ids], file });
      await out.add(file, bytesOf(data), true);
    }
    const kept = await storage.embeddings.getEncoderState(project, key);
    // Where they came from is of this machine: the next one will note it by itself.
    const state = hasNotes(key) ? storedNotes({ ...notesIn(kept), isImported: false }) : kept;
    if (state === null) continue;
    const { json, bytes } = packState(state);
    const file = `encoders/${encoders.length}.bin`;
    encoders.push({ key, state: json, file });
    await out.add(file, bytes);
  }
  await out.add('embeddings.json', utf8(JSON.stringify(chunks)));
  await out.add('encoders.json', utf8(JSON.stringify(encoders)));
}

/** Numbers of a checkpoint lie one after another: mean, weights and bias of a hidden layer, weights, bias. */
async function addHeads(storage: Storage, project: ProjectId, out: BundleWriter): Promise<number> {
  const entries: HeadEntry[] = [];
  for (const { mean, weights, bias, classes, thresholds, hidden, ...facts } of await storage.heads.all(project)) {
    const file = `heads/${facts.version}.bin`;
    if (hidden) out.needs(2);
    entries.push({
      ...facts,
      classes: [...classes],
      ...(thresholds && { thresholds: [...thresholds] }),
      ...(hidden && { hidden: hidden.bias.length }),
      file,
    });
    await out.add(file, bytesOf(joinFloats([mean, ...(hidden ? [hidden.weights, hidden.bias] : []), weights, bias])));
  }
  await out.add('heads.json', utf8(JSON.stringify(entries)));
  return entries.length;
}

function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
