import * as v from 'valibot';
import type { Tuning, TuningStore } from '../../loop/encoder-ports.ts';

const NAME = 'winnow-tuning-2';
/** Names of what earlier versions kept, which can't be read any more. */
const OLD_NAMES = ['winnow-tuning-1'];
const batch = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1)));
const stored = v.record(
  v.string(),
  v.object({
    plan: v.object({
      backend: v.picklist(['auto', 'webgpu', 'wasm', 'cpu']),
      precision: v.picklist(['fp32', 'q8']),
      threads: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
      batch: v.nullable(v.object({ webgpu: batch, wasm: batch })),
    }),
    ratePerS: v.pipe(v.number(), v.finite(), v.minValue(0)),
  }),
);

/**
 * How fast each encoder is on this machine, in the browser's small storage. Only a hint: what can't be read or written
 * is measured again.
 */
export class LocalTunings implements TuningStore {
  readonly #storage: Storage | null;

  constructor(storage: Storage | null = available()) {
    this.#storage = storage;
  }

  get(key: string): Tuning | null {
    return this.#all()[this.#here(key)] ?? null;
  }
  put(key: string, tuning: Tuning): void {
    try {
      for (const old of OLD_NAMES) this.#storage?.removeItem(old);
      this.#storage?.setItem(NAME, JSON.stringify({ ...this.#all(), [this.#here(key)]: tuning }));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // The storage is full: it is measured again next time.
    }
  }

  /** The same browser on other cores, or without isolation, is another machine. */
  #here(key: string): string {
    return `${key} ${navigator.hardwareConcurrency}${globalThis.crossOriginIsolated ? '' : ' alone'}`;
  }
  #all(): Record<string, Tuning> {
    let raw: unknown;
    try {
      raw = JSON.parse(this.#storage?.getItem(NAME) ?? '{}');
    } catch (error) {
      if (error instanceof SyntaxError) return {};
      throw error;
    }
    const parsed = v.safeParse(stored, raw);
    return parsed.success ? parsed.output : {};
  }
}

/** Null where the browser refuses, as in some private windows. */
function available(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
