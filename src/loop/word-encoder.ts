import type { EncoderSpec } from '../encoders/spec.ts';
import type { Precision } from './embedding-key.ts';
import { orAbort } from './encoder-run.ts';
import type { Encoder } from './encoder-ports.ts';

/** What reads words, and in whose space. */
export interface WordSide {
  readonly spec: EncoderSpec;
  /** Of the items' embeddings. */
  readonly precision: Precision;
  /** Changes when the same words would get another vector. */
  readonly key: string;
  /** What an encoder that learns from the pool has learnt; null for others. */
  readonly readState: () => Promise<unknown>;
}

/** Texts in one call. */
const CALL = 64;
const MOST_KEPT = 2000;

/**
 * Embeds a few words at a time in the space of the items and remembers them. Always on the processor and in one thread:
 * that gives the same numbers everywhere and takes a moment. The encoder stays open until `rest`; calls take turns.
 */
export class WordEncoder {
  readonly #newEncoder: () => Encoder;
  #encoder: Encoder | null = null;
  #opened = '';
  #known = new Map<string, Float32Array>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(newEncoder: () => Encoder) {
    this.#newEncoder = newEncoder;
  }

  /** Unit vectors, row-major [texts, dim]. A cancel ends the encoder; so does an error, and the next call starts it again. */
  embed(
    side: WordSide,
    texts: readonly string[],
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void = () => undefined,
  ): Promise<Float32Array> {
    const run = this.#turn.then(() => this.#embed(side, texts, signal, onProgress));
    this.#turn = run.catch(() => undefined);
    return run;
  }

  /** Ends the worker; what is under way is rejected with an AbortError. */
  rest(): void {
    this.#encoder?.stop();
    this.#encoder = null;
    this.#opened = '';
  }

  async #embed(
    side: WordSide,
    texts: readonly string[],
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<Float32Array> {
    const keyOf = (text: string): string => `${side.key} ${text}`;
    if (this.#known.size > MOST_KEPT) this.#known = new Map();
    const missing = [...new Set(texts)].filter((text) => !this.#known.has(keyOf(text)));
    try {
      for (let start = 0; start < missing.length; start += CALL) {
        onProgress(start, missing.length);
        const encoder = await orAbort(signal, () => this.#open(side));
        const some = missing.slice(start, start + CALL);
        const { data } = await orAbort(signal, () => encoder.embed(some.map((text) => ({ text }))));
        const dim = data.length / some.length;
        some.forEach((text, i) => this.#known.set(keyOf(text), data.slice(i * dim, (i + 1) * dim)));
      }
    } catch (error) {
      this.rest();
      throw error;
    }
    signal.throwIfAborted();
    const rows = texts.map((text) => this.#known.get(keyOf(text)) ?? new Float32Array());
    const dim = rows[0]?.length ?? 0;
    const out = new Float32Array(rows.length * dim);
    rows.forEach((row, i) => out.set(row, i * dim));
    return out;
  }

  async #open({ spec, precision, key, readState }: WordSide): Promise<Encoder> {
    if (this.#encoder && this.#opened === key) return this.#encoder;
    this.rest();
    // Read before there is an encoder: one that is stopped meanwhile would be started for nobody.
    const state = await readState();
    const encoder = this.#newEncoder();
    this.#encoder = encoder;
    await encoder.open(spec, { backend: 'wasm', precision, threads: 1, batch: null }, state);
    this.#opened = key;
    return encoder;
  }
}
