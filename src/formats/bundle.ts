import * as v from 'valibot';
import { EVENT_FORMAT } from '../domain/events.ts';
import { WinnowError } from '../domain/errors.ts';
import type { ProjectState } from '../domain/project-state.ts';
import { ProjectFold } from '../domain/fold.ts';
import type { WinnowEvent } from '../domain/events.ts';
import type { Item, Rejection } from '../domain/item.ts';
import { parseEvents } from './validate-events.ts';
import { parseItems } from './validate-items.ts';

/**
 * Newest version of the bundle's layout; a later one is refused. Change it with a frozen fixture and a reader for the old
 * one. Version 2 added heads with a hidden layer; a bundle without any is still written as version 1.
 */
export const BUNDLE_VERSION = 2;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const FILE = v.object({ bytes: count, sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) });
const MANIFEST = v.object({
  format: v.literal('winnow-project'),
  version: v.pipe(count, v.minValue(1), v.maxValue(BUNDLE_VERSION)),
  name: v.string(),
  modality: v.picklist(['image', 'text']),
  createdAt: v.pipe(v.number(), v.finite()),
  counts: v.object({ items: count, events: count, labels: count, heads: count }),
  hasOriginals: v.boolean(),
  /** Every other file of the bundle with its checksum: what is not listed is not read. */
  files: v.record(v.string(), FILE),
});
export type Manifest = v.InferOutput<typeof MANIFEST>;

/** Where the numbers of one set of embeddings lie. */
const CHUNKS = v.array(
  v.object({ key: v.string(), dim: v.pipe(count, v.minValue(1)), ids: v.array(v.string()), file: v.string() }),
);
export type ChunkEntry = v.InferOutput<typeof CHUNKS>[number];
const ENCODERS = v.array(v.object({ key: v.string(), state: v.unknown(), file: v.string() }));
export type EncoderEntry = v.InferOutput<typeof ENCODERS>[number];
const HEADS = v.array(
  v.object({
    version: count,
    encoder: v.string(),
    classes: v.array(v.string()),
    dim: count,
    scale: v.number(),
    lambda: v.number(),
    thresholds: v.optional(v.array(v.number())),
    /** Units of the hidden layer. */
    hidden: v.optional(v.pipe(count, v.minValue(1))),
    file: v.string(),
  }),
);
export type HeadEntry = v.InferOutput<typeof HEADS>[number];
const REJECTIONS = v.array(v.object({ path: v.string(), code: v.string(), reason: v.string() }));

export const corrupt = (detail: string, cause?: unknown): WinnowError =>
  new WinnowError('bundle-corrupt', detail, { cause });

/** Reads the manifest. Throws `bundle-newer` for a later layout, else `bundle-corrupt` for anything but a manifest. */
export function parseManifest(text: string): Manifest {
  const raw = parseJson(text, 'manifest.json');
  const later = v.object({
    format: v.literal('winnow-project'),
    version: v.pipe(v.number(), v.minValue(BUNDLE_VERSION + 1)),
  });
  if (v.safeParse(later, raw).success) throw new WinnowError('bundle-newer');
  return check(MANIFEST, raw, 'manifest.json');
}

export const parseChunkEntries = (text: string): ChunkEntry[] =>
  check(CHUNKS, parseJson(text, 'embeddings.json'), 'embeddings.json');
export const parseEncoderEntries = (text: string): EncoderEntry[] =>
  check(ENCODERS, parseJson(text, 'encoders.json'), 'encoders.json');
export const parseHeadEntries = (text: string): HeadEntry[] =>
  check(HEADS, parseJson(text, 'heads.json'), 'heads.json');
export const parseRejections = (text: string): Rejection[] =>
  check(REJECTIONS, parseJson(text, 'rejections.json'), 'rejections.json') as Rejection[];

/** Values as JSON Lines. */
export function toLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
/** JSON Lines as values. Throws `bundle-corrupt`. */
export function fromLines(text: string, name: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseJson(line, name));
}

/** The log, checked and folded. Throws `bundle-newer` for a later event format, else `bundle-corrupt`. */
export function readLog(text: string, manifest: Manifest): { events: WinnowEvent[]; state: ProjectState } {
  const raw = fromLines(text, 'events.jsonl');
  const later = v.object({
    kind: v.literal('project-created'),
    format: v.pipe(v.number(), v.minValue(EVENT_FORMAT + 1)),
  });
  if (raw.some((event) => v.safeParse(later, event).success)) throw new WinnowError('bundle-newer');
  try {
    const events = parseEvents(raw);
    const state = ProjectFold.of(events).state();
    const isUnique = new Set(events.map((e) => e.id)).size === events.length;
    if (!isUnique || events.length !== manifest.counts.events || state.modality !== manifest.modality) {
      throw corrupt('Its log is not whole');
    }
    return { events, state };
  } catch (error) {
    throw error instanceof WinnowError && error.code === 'bundle-corrupt'
      ? error
      : corrupt('Its log can’t be read', error);
  }
}

/** The items, checked: rows dense from 0, ids distinct, all of the project's kind. Throws `bundle-corrupt`. */
export function readItems(text: string, manifest: Manifest): Item[] {
  const raw = fromLines(text, 'items.jsonl');
  let items: Item[];
  try {
    items = parseItems(raw);
  } catch (error) {
    throw corrupt('Its list of items can’t be read', error);
  }
  const isWhole =
    items.length === manifest.counts.items &&
    new Set(items.map((i) => i.id)).size === items.length &&
    items.every((item, row) => item.row === row && item.modality === manifest.modality);
  if (!isWhole) throw corrupt('Its list of items is not whole');
  return items;
}

export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw corrupt(`${name} can't be read`, error);
  }
}

function check<T extends v.GenericSchema>(schema: T, raw: unknown, name: string): v.InferOutput<T> {
  const result = v.safeParse(schema, raw);
  if (!result.success) throw corrupt(`${name} can't be read`);
  return result.output;
}
