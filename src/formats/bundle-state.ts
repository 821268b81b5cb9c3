import { corrupt } from './bundle.ts';

/** Typed arrays that a state may hold, with their tags in the file. */
const ARRAYS = {
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
} as const;
type Tag = keyof typeof ARRAYS;
type Numbers = InstanceType<(typeof ARRAYS)[Tag]>;
const MOST_LEVELS = 32;
const ALIGN = 8;

/**
 * The learnt state of an encoder as JSON and one run of bytes: objects, arrays, maps, texts, finite numbers and typed
 * arrays, whose numbers go to the bytes (little-endian, each from a multiple of 8). Throws `TypeError` for anything else.
 */
export function packState(state: unknown): { json: unknown; bytes: Uint8Array } {
  const parts: { at: number; bytes: Uint8Array }[] = [];
  let end = 0;
  const visit = (value: unknown): unknown => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (Array.isArray(value)) return value.map(visit);
    if (value instanceof Map) return { $: 'map', entries: [...value].map(([k, x]) => [visit(k), visit(x)]) };
    const tag = tagOf(value);
    if (tag) {
      const array = value as Numbers;
      const at = Math.ceil(end / ALIGN) * ALIGN;
      parts.push({ at, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
      end = at + array.byteLength;
      return { $: tag, at, length: array.length };
    }
    if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype && !('$' in value)) {
      return Object.fromEntries(Object.entries(value).map(([k, x]) => [k, visit(x)]));
    }
    throw new TypeError(`An encoder's state can't hold a ${typeof value}`);
  };
  const json = visit(state);
  const bytes = new Uint8Array(end);
  for (const part of parts) bytes.set(part.bytes, part.at);
  return { json, bytes };
}

/** Undoes `packState`. Throws `bundle-corrupt`. */
export function unpackState(json: unknown, bytes: Uint8Array): unknown {
  const visit = (value: unknown, level: number): unknown => {
    if (level > MOST_LEVELS) throw corrupt('An encoder’s state is nested too deeply');
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((x) => visit(x, level + 1));
    const { $: tag, at, length, entries } = value as Record<string, unknown>;
    if (tag === undefined) return Object.fromEntries(Object.entries(value).map(([k, x]) => [k, visit(x, level + 1)]));
    if (tag === 'map' && Array.isArray(entries)) {
      return new Map(
        entries.map((entry: unknown) => {
          if (!Array.isArray(entry) || entry.length !== 2) throw corrupt('An encoder’s state can’t be read');
          return [visit(entry[0], level + 1), visit(entry[1], level + 1)];
        }),
      );
    }
    if (isTag(tag) && isCount(at) && isCount(length)) {
      const size = length * ARRAYS[tag].BYTES_PER_ELEMENT;
      if (at + size <= bytes.length) return new ARRAYS[tag](bytes.slice(at, at + size).buffer);
    }
    throw corrupt('An encoder’s state can’t be read');
  };
  return visit(json, 0);
}

function tagOf(value: unknown): Tag | undefined {
  return (Object.keys(ARRAYS) as Tag[]).find((tag) => value instanceof ARRAYS[tag]);
}
function isTag(value: unknown): value is Tag {
  return typeof value === 'string' && Object.hasOwn(ARRAYS, value);
}
function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
