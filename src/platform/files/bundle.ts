import { strFromU8, strToU8, unzipSync, Zip, ZipPassThrough, ZipDeflate } from 'fflate';
import * as v from 'valibot';
import { WinnowError } from '../../domain/errors.ts';
import type { Head } from '../../domain/head.ts';
import { itemId, projectId, type ItemId, type ProjectId } from '../../domain/ids.ts';
import type { Item } from '../../domain/item.ts';
import { ProjectFold } from '../../domain/fold.ts';
import { parseEvents } from '../../formats/validate-events.ts';
import type { EmbeddingChunk, NewItem, Storage } from '../../loop/ports.ts';

/** Version of the bundle's layout; a newer one is refused. */
const BUNDLE_VERSION = 1;
const MOST_BYTES = 8 * 1024 ** 3;
const BATCH = 200;

const MANIFEST = v.object({
  format: v.literal('winnow-project'),
  version: v.number(),
  name: v.string(),
  modality: v.picklist(['image', 'text']),
  createdAt: v.number(),
  items: v.number(),
  events: v.number(),
});
const ITEM = v.object({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  row: v.number(),
  modality: v.picklist(['image', 'text']),
  paths: v.array(v.string()),
  sizeBytes: v.number(),
  width: v.number(),
  height: v.number(),
  preview: v.string(),
  hint: v.nullable(v.string()),
});
const HEAD = v.object({
  version: v.number(),
  encoder: v.string(),
  classes: v.array(v.string()),
  dim: v.number(),
  scale: v.number(),
  lambda: v.number(),
});
const CHUNK = v.object({ key: v.string(), dim: v.number(), ids: v.array(v.string()), file: v.string() });
type Progress = (done: number, total: number) => void;

/** Packs a project: manifest, log, items, texts, thumbnails, embeddings, encoder states, checkpoints, and originals when asked. */
export async function writeBundle(
  storage: Storage,
  project: ProjectId,
  withOriginals: boolean,
  onProgress: Progress,
): Promise<Blob> {
  const parts: Uint8Array[] = [];
  let failure: unknown = null;
  const zip = new Zip((error, data) => {
    if (error) failure = error;
    else parts.push(data);
  });
  const add = (name: string, bytes: Uint8Array, isPacked = false): void => {
    const entry = isPacked ? new ZipPassThrough(name) : new ZipDeflate(name, { level: 6 });
    zip.add(entry);
    entry.push(bytes, true);
  };
  const [events, items] = [await storage.events.read(project), await storage.items.all(project)];
  const state = ProjectFold.of(events).state();
  const manifest = {
    format: 'winnow-project',
    version: BUNDLE_VERSION,
    name: state.name,
    modality: state.modality,
    createdAt: state.createdAt,
    items: items.length,
    events: events.length,
  };
  add('manifest.json', strToU8(JSON.stringify(manifest, null, 2)));
  add('events.jsonl', strToU8(events.map((e) => `${JSON.stringify(e)}\n`).join('')));
  add('items.jsonl', strToU8(items.map((i) => `${JSON.stringify(i)}\n`).join('')));
  for (let start = 0; start < items.length; start += BATCH) {
    const ids = items.slice(start, start + BATCH).map((i) => i.id);
    if (state.modality === 'text') {
      const texts = await storage.items.texts(project, ids);
      add(`texts/${start}.json`, strToU8(JSON.stringify(texts)));
    } else {
      const [thumbs, originals] = [
        await storage.items.thumbs(project, ids),
        withOriginals ? await storage.items.originals(project, ids) : [],
      ];
      for (const [i, id] of ids.entries()) {
        const [thumb, original] = [thumbs[i], originals[i]];
        if (thumb) add(`thumbs/${id}`, new Uint8Array(await thumb.arrayBuffer()), true);
        if (original) add(`originals/${id}`, new Uint8Array(await original.arrayBuffer()), true);
      }
    }
    onProgress(start, items.length);
  }
  await addLearnt(storage, project, add);
  zip.end();
  if (failure) throw failure instanceof Error ? failure : new WinnowError('unexpected', 'The project could not be packed');
  onProgress(items.length, items.length);
  return new Blob(parts as BlobPart[], { type: 'application/zip' });
}

async function addLearnt(
  storage: Storage,
  project: ProjectId,
  add: (name: string, bytes: Uint8Array, isPacked?: boolean) => void,
): Promise<void> {
  const chunks: v.InferOutput<typeof CHUNK>[] = [];
  const keys = await storage.embeddings.keys(project);
  const states: Record<string, unknown> = {};
  for (const key of keys) {
    for (const chunk of await storage.embeddings.chunks(project, key)) {
      const file = `embeddings/${chunks.length}.bin`;
      chunks.push({ key, dim: chunk.dim, ids: [...chunk.ids], file });
      add(file, bytesOf(chunk.data), true);
    }
    const state = await storage.embeddings.getEncoderState(project, key);
    if (state) states[key] = pack(state, (bytes, name) => add(`encoders/${name}`, bytes, true));
  }
  add('embeddings.json', strToU8(JSON.stringify(chunks)));
  add('encoders.json', strToU8(JSON.stringify(states)));
  const heads = await storage.heads.all(project);
  add('heads.json', strToU8(JSON.stringify(heads.map(({ mean: _m, weights: _w, bias: _b, ...facts }) => facts))));
  for (const head of heads) {
    add(`heads/${head.version}.mean.bin`, bytesOf(head.mean));
    add(`heads/${head.version}.weights.bin`, bytesOf(head.weights));
    add(`heads/${head.version}.bias.bin`, bytesOf(head.bias));
  }
}

/** Reads a bundle into a new project. Everything is checked first; a failure while storing removes what was stored. */
export async function readBundle(
  storage: Storage,
  file: Blob,
  newId: string,
  now: number,
  onProgress: Progress,
): Promise<ProjectId> {
  const project = projectId(newId);
  const bundle = parseBundle(unpack(new Uint8Array(await file.arrayBuffer())));
  const { manifest, events, items, newItems } = bundle;
  try {
    for (let start = 0; start < newItems.length; start += BATCH) {
      const added = newItems.slice(start, start + BATCH);
      await storage.items.commit(project, { added, changed: [], rejected: [], seen: [], journal: null });
      onProgress(start, newItems.length);
    }
    for (const { key, chunk } of bundle.chunks) await storage.embeddings.append(project, key, chunk);
    for (const [key, state] of bundle.states) await storage.embeddings.putEncoderState(project, key, state);
    for (const head of bundle.heads) await storage.heads.put(project, head);
    await storage.events.append(project, events);
    const state = ProjectFold.of(events).state();
    await storage.projects.put({
      id: project,
      name: state.name,
      modality: manifest.modality,
      createdAt: manifest.createdAt,
      openedAt: now,
      itemCount: items.length,
      labelCount: state.labels.size,
    });
  } catch (error) {
    await storage.projects.remove(project);
    throw error;
  }
  return project;
}

interface Bundle {
  readonly manifest: v.InferOutput<typeof MANIFEST>;
  readonly events: ReturnType<typeof parseEvents>;
  readonly items: Item[];
  readonly newItems: NewItem[];
  readonly chunks: { key: string; chunk: EmbeddingChunk }[];
  readonly states: [string, unknown][];
  readonly heads: Head[];
}

function unpack(bytes: Uint8Array): Record<string, Uint8Array> {
  try {
    let total = 0;
    return unzipSync(bytes, {
      filter: ({ originalSize }) => {
        total += originalSize;
        if (total > MOST_BYTES) throw new RangeError('The archive unpacks to more than 8 GB.');
        return true;
      },
    });
  } catch (error) {
    throw new WinnowError('bundle-corrupt', '', { cause: error });
  }
}

function parseBundle(files: Record<string, Uint8Array>): Bundle {
  const need = (name: string): Uint8Array => {
    const bytes = files[name];
    if (!bytes) throw new WinnowError('bundle-corrupt', `${name} is missing`);
    return bytes;
  };
  try {
    const raw = JSON.parse(strFromU8(need('manifest.json'))) as unknown;
    const version = v.safeParse(v.object({ format: v.literal('winnow-project'), version: v.number() }), raw);
    if (version.success && version.output.version > BUNDLE_VERSION) throw new WinnowError('bundle-newer');
    const manifest = v.parse(MANIFEST, raw);
    const lines = (name: string): unknown[] =>
      strFromU8(need(name)).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
    const events = parseEvents(lines('events.jsonl'));
    const items = lines('items.jsonl').map((line) => {
      const item = v.parse(ITEM, line);
      return { ...item, id: itemId(item.id) } satisfies Item;
    });
    if (items.length !== manifest.items || events.length !== manifest.events) {
      throw new WinnowError('bundle-corrupt', 'Some entries are missing');
    }
    if (items.some((item, row) => item.row !== row)) throw new WinnowError('bundle-corrupt', 'The items are out of order');
    ProjectFold.of(events).state();
    const known = new Set<ItemId>(items.map((i) => i.id));
    const blob = (name: string): Blob | null => {
      const bytes = files[name];
      return bytes ? new Blob([bytes as BlobPart]) : null;
    };
    const texts = new Map<ItemId, string>();
    if (manifest.modality === 'text') {
      for (let start = 0; start < items.length; start += BATCH) {
        const part = v.parse(v.array(v.nullable(v.string())), JSON.parse(strFromU8(need(`texts/${start}.json`))));
        part.forEach((text, i) => {
          const item = items[start + i];
          if (item && text !== null) texts.set(item.id, text);
        });
      }
    }
    const newItems = items.map((item) => ({
      item,
      text: texts.get(item.id) ?? null,
      thumb: blob(`thumbs/${item.id}`),
      original: blob(`originals/${item.id}`),
    }));
    const chunks = v.parse(v.array(CHUNK), JSON.parse(strFromU8(need('embeddings.json')))).map(({ key, dim, ids, file }) => {
      const data = floatsOf(need(file));
      if (data.length !== ids.length * dim || ids.some((id) => !known.has(itemId(id)))) {
        throw new WinnowError('bundle-corrupt', `${file} has the wrong size`);
      }
      return { key, chunk: { ids: ids.map(itemId), dim, data } };
    });
    const states = Object.entries(v.parse(v.record(v.string(), v.unknown()), JSON.parse(strFromU8(need('encoders.json')))));
    const heads = v.parse(v.array(HEAD), JSON.parse(strFromU8(need('heads.json')))).map((facts): Head => {
      const read = (part: string): Float32Array => floatsOf(need(`heads/${facts.version}.${part}.bin`));
      const [mean, weights, bias] = [read('mean'), read('weights'), read('bias')];
      if (mean.length !== facts.dim || bias.length !== facts.classes.length || weights.length !== mean.length * bias.length) {
        throw new WinnowError('bundle-corrupt', `Checkpoint ${facts.version} has the wrong size`);
      }
      return { ...facts, classes: facts.classes as unknown as Head['classes'], mean, weights, bias };
    });
    const restored = states.map(([key, state]): [string, unknown] => [key, unpackState(state, (n) => need(`encoders/${n}`))]);
    return { manifest, events, items, newItems, chunks, states: restored, heads };
  } catch (error) {
    if (error instanceof WinnowError && error.code.startsWith('bundle-')) throw error;
    throw new WinnowError('bundle-corrupt', '', { cause: error });
  }
}

/** Typed arrays of a learnt state go to files of their own; the rest is JSON. */
function pack(state: unknown, put: (bytes: Uint8Array, name: string) => void): unknown {
  if (state instanceof Float32Array || state instanceof Int32Array) {
    const name = `${crypto.randomUUID()}.bin`;
    put(bytesOf(state), name);
    return { $array: state instanceof Float32Array ? 'f32' : 'i32', name };
  }
  if (typeof state !== 'object' || state === null) return state;
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, pack(value, put)]));
}
function unpackState(state: unknown, get: (name: string) => Uint8Array): unknown {
  if (typeof state !== 'object' || state === null) return state;
  const { $array: kind, name } = state as { $array?: unknown; name?: unknown };
  if (kind !== undefined && typeof name === 'string') {
    const floats = floatsOf(get(name));
    return kind === 'f32' ? floats : new Int32Array(floats.buffer);
  }
  return Object.fromEntries(Object.entries(state).map(([key, value]) => [key, unpackState(value, get)]));
}

function bytesOf(array: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
function floatsOf(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  if (bytes.length % 4 !== 0) throw new WinnowError('bundle-corrupt', 'A file of numbers has the wrong size');
  return new Float32Array(bytes.slice().buffer);
}
