import { strFromU8 } from 'fflate';
import { WinnowError } from '../domain/errors.ts';
import type { WinnowEvent } from '../domain/events.ts';
import { countLabels, type ProjectState } from '../domain/project-state.ts';
import type { Head } from '../domain/head.ts';
import { itemId, type ClassId, type ItemId, type ProjectId } from '../domain/ids.ts';
import type { Item, Rejection } from '../domain/item.ts';
import {
  corrupt,
  fromLines,
  parseChunkEntries,
  parseEncoderEntries,
  parseHeadEntries,
  parseManifest,
  parseRejections,
  readItems,
  readLog,
  type ChunkEntry,
  type EncoderEntry,
  type HeadEntry,
  type Manifest,
} from '../formats/bundle.ts';
import { readShard } from '../formats/bundle-shard.ts';
import { unpackState } from '../formats/bundle-state.ts';
import { isEncoderState } from '../formats/validate-encoder-state.ts';
import { parseHead } from '../formats/validate-items.ts';
import { ZipReader } from '../formats/zip.ts';
import { checkChunk } from './check-chunk.ts';
import { hasNotes, notesIn, storedNotes } from './stored-embeddings.ts';
import type { EmbeddingChunk, ItemChange, NewItem, Storage } from './storage-ports.ts';
import { sha256 } from './sha256.ts';

const BATCH = 200;
/** A manifest lists every file; more than this is none of ours. */
const MOST_MANIFEST_BYTES = 64 * 1024 ** 2;

/**
 * Opens a bundle as a new project. First everything is read and checked; only then is anything stored, in batches; and only
 * when all is stored is the project listed. A failure on the way removes what was stored. Nothing of another project is
 * touched. Meant for a worker. Throws `bundle-corrupt`, `bundle-newer` or a storage failure.
 * @param project id of the new project @param now milliseconds since 1970
 */
export async function readBundle(
  storage: Storage,
  file: Blob,
  project: ProjectId,
  now: number,
  onProgress: (done: number, total: number) => void,
): Promise<ProjectId> {
  const bundle = await Bundle.open(file);
  const total = bundle.fileCount * 2;
  let done = 0;
  const step = (): void => onProgress(Math.min(total, ++done), total);
  await bundle.verify(step);
  try {
    await store(storage, project, bundle, step);
    const { manifest, state, items } = bundle;
    await storage.projects.put({
      id: project,
      name: state.name,
      modality: manifest.modality,
      createdAt: manifest.createdAt,
      openedAt: now,
      itemCount: items.length,
      ...countLabels(state),
    });
  } catch (error) {
    // What the user must hear is why it failed; a removal that fails too leaves nothing that is listed.
    await storage.projects.remove(project).catch(() => undefined);
    throw error;
  }
  onProgress(total, total);
  return project;
}

async function store(storage: Storage, project: ProjectId, bundle: Bundle, step: () => void): Promise<void> {
  const none: ItemChange = { added: [], changed: [], rejected: [], seen: [], journal: null };
  for (let start = 0; start < bundle.items.length; start += BATCH) {
    const part = bundle.items.slice(start, start + BATCH);
    const added = await bundle.newItems(part, start / BATCH);
    await storage.items.commit(project, { ...none, added });
    step();
  }
  for (const name of bundle.originalFiles) {
    const originals = await bundle.pictures(name);
    const added = bundle.items.flatMap((item): NewItem[] => {
      const original = originals.get(item.id);
      return original ? [{ item, text: null, thumb: null, original }] : [];
    });
    await storage.items.commit(project, { ...none, added });
    step();
  }
  if (bundle.rejections.length > 0) await storage.items.commit(project, { ...none, rejected: bundle.rejections });
  for (const entry of bundle.chunks) {
    await storage.embeddings.append(project, entry.key, await bundle.chunk(entry));
    step();
  }
  for (const entry of bundle.encoders) {
    await storage.embeddings.putEncoderState(project, entry.key, await bundle.encoderState(entry));
  }
  for (const key of new Set(bundle.chunks.map((entry) => entry.key))) {
    if (!hasNotes(key)) continue;
    const notes = notesIn(await storage.embeddings.getEncoderState(project, key));
    await storage.embeddings.putEncoderState(project, key, storedNotes({ ...notes, isImported: true }));
  }
  for (const entry of bundle.heads) await storage.heads.put(project, await bundle.head(entry));
  await storage.events.append(project, bundle.events);
}

/** A bundle whose small parts are read and checked; the large ones are read when they are asked for. */
class Bundle {
  readonly #zip: ZipReader;
  readonly manifest: Manifest;
  readonly #known = new Set<ItemId>();
  events: readonly WinnowEvent[] = [];
  items: readonly Item[] = [];
  rejections: readonly Rejection[] = [];
  chunks: readonly ChunkEntry[] = [];
  encoders: readonly EncoderEntry[] = [];
  heads: readonly HeadEntry[] = [];
  #state: ProjectState | null = null;

  private constructor(zip: ZipReader, manifest: Manifest) {
    this.#zip = zip;
    this.manifest = manifest;
  }

  static async open(file: Blob): Promise<Bundle> {
    const zip = await ZipReader.open(
      file.size,
      async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
    );
    if (zip.sizeOf('manifest.json') > MOST_MANIFEST_BYTES) throw corrupt('manifest.json is too large');
    return new Bundle(zip, parseManifest(strFromU8(await zip.file('manifest.json'))));
  }

  get fileCount(): number {
    return Object.keys(this.manifest.files).length;
  }
  get state(): ProjectState {
    if (!this.#state) throw new RangeError('The bundle has not been checked.');
    return this.#state;
  }
  get originalFiles(): readonly string[] {
    return Object.keys(this.manifest.files).filter((name) => name.startsWith('originals/'));
  }

  /** Reads every file once: checksums, shapes, and that the parts fit together. */
  async verify(step: () => void): Promise<void> {
    const { events, state } = readLog(await this.#text('events.jsonl'), this.manifest);
    this.events = events;
    this.#state = state;
    this.items = readItems(await this.#text('items.jsonl'), this.manifest);
    for (const item of this.items) this.#known.add(item.id);
    this.rejections = parseRejections(await this.#text('rejections.json'));
    this.chunks = parseChunkEntries(await this.#text('embeddings.json'));
    this.encoders = parseEncoderEntries(await this.#text('encoders.json'));
    this.heads = parseHeadEntries(await this.#text('heads.json'));
    if (this.heads.length !== this.manifest.counts.heads) throw corrupt('Some checkpoints are missing');
    for (let start = 0; start < this.items.length; start += BATCH) {
      await this.newItems(this.items.slice(start, start + BATCH), start / BATCH);
      step();
    }
    for (const name of this.originalFiles) {
      await this.pictures(name);
      step();
    }
    for (const entry of this.chunks) {
      await this.chunk(entry);
      step();
    }
    for (const entry of this.encoders) await this.encoderState(entry);
    for (const entry of this.heads) await this.head(entry);
  }

  /** Items with their texts or thumbnails; `part` is the number of their file. */
  async newItems(items: readonly Item[], part: number): Promise<NewItem[]> {
    if (this.manifest.modality === 'image') {
      const thumbs = await this.pictures(`thumbs/${part}.bin`);
      return items.map((item) => ({ item, text: null, thumb: thumbs.get(item.id) ?? null, original: null }));
    }
    const name = `texts/${part}.jsonl`;
    const texts = new Map<string, string>();
    for (const line of fromLines(await this.#text(name), name)) {
      const { id, text } = (line ?? {}) as { id?: unknown; text?: unknown };
      if (typeof id !== 'string' || typeof text !== 'string') throw corrupt(`${name} can't be read`);
      texts.set(id, text);
    }
    return items.map((item) => {
      const text = texts.get(item.id);
      if (text === undefined) throw corrupt(`${name} lacks a text`);
      return { item, text, thumb: null, original: null };
    });
  }

  /** Pictures of one file, by item. */
  async pictures(name: string): Promise<Map<ItemId, Blob>> {
    const pictures = new Map<ItemId, Blob>();
    for (const { id, type, bytes } of readShard(await this.#bytes(name), name)) {
      const known = itemId(id);
      if (!this.#known.has(known)) throw corrupt(`${name} holds a picture of no item`);
      pictures.set(known, new Blob([bytes as BlobPart], { type }));
    }
    return pictures;
  }

  async chunk({ ids, dim, file }: ChunkEntry): Promise<EmbeddingChunk> {
    const chunk = { ids: ids.map(itemId), dim, data: await this.#floats(file) };
    if (chunk.ids.some((id) => !this.#known.has(id))) throw corrupt(`${file} holds embeddings of no item`);
    return refusing(file, () => {
      checkChunk(chunk);
      return chunk;
    });
  }

  async encoderState({ key, state, file }: EncoderEntry): Promise<unknown> {
    const learnt = unpackState(state, await this.#bytes(file));
    if (!isEncoderState(key, this.manifest.modality, learnt)) throw corrupt(`What ${key} has learnt can’t be used`);
    return learnt;
  }

  async head({ file, classes, thresholds, hidden, ...facts }: HeadEntry): Promise<Head> {
    const numbers = await this.#floats(file);
    const { dim } = facts;
    const innerBiasAt = dim * (1 + (hidden ?? 0));
    const weightsAt = innerBiasAt + (hidden ?? 0);
    const biasAt = weightsAt + (hidden ?? dim) * classes.length;
    return refusing(file, () =>
      parseHead({
        ...facts,
        classes: classes as unknown as readonly ClassId[],
        mean: numbers.slice(0, dim),
        weights: numbers.slice(weightsAt, biasAt),
        bias: numbers.slice(biasAt),
        ...(thresholds && { thresholds: Float32Array.from(thresholds) }),
        ...(hidden && {
          hidden: { weights: numbers.slice(dim, innerBiasAt), bias: numbers.slice(innerBiasAt, weightsAt) },
        }),
      }),
    );
  }

  async #text(name: string): Promise<string> {
    return strFromU8(await this.#bytes(name));
  }
  async #floats(name: string): Promise<Float32Array> {
    const bytes = await this.#bytes(name);
    if (bytes.length % 4 !== 0) throw corrupt(`${name} has the wrong size`);
    return new Float32Array(bytes.slice().buffer);
  }
  /** One file, its size and checksum compared with the manifest. */
  async #bytes(name: string): Promise<Uint8Array> {
    const facts = Object.hasOwn(this.manifest.files, name) ? this.manifest.files[name] : undefined;
    if (!facts) throw corrupt(`${name} is missing`);
    if (this.#zip.sizeOf(name) !== facts.bytes) throw corrupt(`${name} has the wrong size`);
    const bytes = await this.#zip.file(name);
    if (bytes.length !== facts.bytes || (await sha256(bytes)) !== facts.sha256) throw corrupt(`${name} is damaged`);
    return bytes;
  }
}

/** Runs a check whose failure means that the file is damaged. */
function refusing<T>(name: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw error instanceof WinnowError ? corrupt(`${name} can't be used`, error) : error;
  }
}
