import { WinnowError } from '../domain/errors.ts';
import type { Head, HiddenLayer } from '../domain/head.ts';
import type { Item } from '../domain/item.ts';

type Fields = Readonly<Record<string, unknown>>;
const HASH = /^[0-9a-f]{64}$/;

/**
 * Checks items read from disk or from a file and puts them in the order of their rows. By hand, as twenty thousand of them
 * are checked each time that a project is opened. Throws `unexpected` with the place of the bad one.
 * @param before items that were read before these
 */
export function parseItems(raw: readonly unknown[], before = 0): Item[] {
  const items = raw.map((value, i) => {
    if (!isItem(value)) throw new WinnowError('unexpected', `Item ${before + i + 1} of the project can't be read`);
    return value;
  });
  items.sort((a, b) => a.row - b.row);
  return items;
}

/** Checks a checkpoint read from disk or from a file. Throws `unexpected`. */
export function parseHead(raw: unknown): Head {
  if (!isHead(raw)) throw new WinnowError('unexpected', 'A stored checkpoint can’t be read');
  return raw;
}

function isItem(value: unknown): value is Item {
  if (typeof value !== 'object' || value === null) return false;
  const v = value as Fields;
  return (
    typeof v['id'] === 'string' &&
    HASH.test(v['id']) &&
    isCount(v['row']) &&
    (v['modality'] === 'image' || v['modality'] === 'text') &&
    Array.isArray(v['paths']) &&
    v['paths'].length > 0 &&
    v['paths'].every((path) => typeof path === 'string') &&
    isCount(v['sizeBytes']) &&
    isCount(v['width']) &&
    isCount(v['height']) &&
    typeof v['preview'] === 'string' &&
    (v['hint'] === null || typeof v['hint'] === 'string')
  );
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const v = value as Fields;
  const { dim, classes, mean, weights, bias, thresholds, hidden } = v;
  return (
    isCount(v['version']) &&
    typeof v['encoder'] === 'string' &&
    isCount(dim) &&
    Array.isArray(classes) &&
    classes.every((id) => typeof id === 'string') &&
    isFloats(mean, dim) &&
    (hidden === undefined || isHiddenLayer(hidden, dim)) &&
    isFloats(weights, (hidden ? hidden.bias.length : dim) * classes.length) &&
    isFloats(bias, classes.length) &&
    (thresholds === undefined || isFloats(thresholds, classes.length)) &&
    typeof v['scale'] === 'number' &&
    Number.isFinite(v['scale']) &&
    typeof v['lambda'] === 'number' &&
    Number.isFinite(v['lambda'])
  );
}

function isHiddenLayer(value: unknown, dim: number): value is HiddenLayer {
  if (typeof value !== 'object' || value === null) return false;
  const { weights, bias } = value as Fields;
  if (!(bias instanceof Float32Array) || bias.length === 0) return false;
  return isFloats(bias, bias.length) && isFloats(weights, dim * bias.length);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isFloats(value: unknown, length: number): boolean {
  return value instanceof Float32Array && value.length === length && value.every((x) => Number.isFinite(x));
}
