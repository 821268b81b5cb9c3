import { isAbort, WinnowError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { EncodeInput, Encoded, Encoder, EncoderInfo, RunPlan } from './encoder-ports.ts';

export interface Loaded {
  readonly item: Item;
  readonly input: EncodeInput;
}
export interface Embedded {
  readonly item: Item;
  readonly vector: Float32Array;
  readonly isTruncated: boolean;
}
export interface Failed {
  readonly item: Item;
  readonly reason: string;
}
export interface Outcome {
  readonly embedded: readonly Embedded[];
  readonly failed: readonly Failed[];
}
export interface RunOptions {
  readonly encoder: Encoder;
  readonly spec: EncoderSpec;
  readonly plan: RunPlan;
  readonly signal: AbortSignal;
  readonly onInfo: (info: EncoderInfo) => void;
  /** Says that the encoder now runs elsewhere than planned, in a sentence. */
  readonly onFallback: (sentence: string) => void;
}

/** Failures in a row, with nothing embedded in between, after which a batch is given up. */
const MOST_FAILURES = 6;
/** On the graphics card once more, then on the processor, which can't be lost. */
const MOST_LOSSES = 2;

/**
 * An encoder that is started again when it fails: after any error its worker is of no use. A batch is first tried again
 * as it is, then in halves, down to the items that break it, which are reported. A lost graphics card is tried once
 * more; then the rest is done on the processor.
 */
export class EncoderRun {
  readonly #o: RunOptions;
  readonly #readState: () => Promise<unknown>;
  #plan: RunPlan;
  #losses = 0;
  /** Counts the workers: what an earlier one was asked for is lost. */
  generation = 0;

  /** @param readState what the encoder has learnt and stored so far; asked each time it is opened */
  constructor(options: RunOptions, readState: () => Promise<unknown>) {
    this.#o = options;
    this.#plan = options.plan;
    this.#readState = readState;
  }

  /** Where it can't even be started, once more on the processor. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#o.signal.throwIfAborted();
      if (!diesOpening(error) || this.#plan.backend === 'wasm') throw error;
      this.#plan = { ...this.#plan, backend: 'wasm' };
      this.#o.encoder.stop();
      this.#o.onFallback('The encoder ended while it was being started; it now runs on the processor.');
      await this.#open();
    }
  }

  async embed(batch: readonly Loaded[]): Promise<Outcome> {
    if (batch.length === 0) return { embedded: [], failed: [] };
    const encoded = await orAbort(this.#o.signal, () => this.#o.encoder.embed(batch.map((b) => b.input)));
    return sorted(batch, encoded);
  }

  /** Embeds a batch whose first try ended in `error`. Throws when not one item of it can be embedded, or none ever will. */
  async recover(batch: readonly Loaded[], error: unknown): Promise<Outcome> {
    if (isHopeless(error)) throw error;
    const embedded: Embedded[] = [];
    const failed: Failed[] = [];
    const parts: (readonly Loaded[])[] = [batch];
    let last = error;
    let isBroken = true;
    let failures = 0;
    for (let part = parts.shift(); part; part = parts.shift()) {
      if (isBroken) await this.#reopen(last);
      isBroken = false;
      try {
        const outcome = await this.embed(part);
        embedded.push(...outcome.embedded);
        failed.push(...outcome.failed);
        failures = 0;
      } catch (again) {
        if (isAbort(again) || isHopeless(again)) throw again;
        last = again;
        isBroken = true;
        if (isLost(again) && this.#losses < MOST_LOSSES) {
          parts.unshift(part);
          continue;
        }
        if (++failures > MOST_FAILURES && embedded.length === 0) throw again;
        const [only] = part;
        if (part.length === 1 && only) failed.push({ item: only.item, reason: sentence(again) });
        else parts.push(part.slice(0, part.length >> 1), part.slice(part.length >> 1));
      }
    }
    if (isBroken) await this.#reopen(last);
    const isWorthless = embedded.length === 0 && failed.length === batch.length && batch.length > 1;
    if (isWorthless && failures > 0) throw last;
    return { embedded, failed };
  }

  async #open(): Promise<void> {
    const { encoder, spec, signal, onInfo } = this.#o;
    const state = await this.#readState();
    onInfo(await orAbort(signal, () => encoder.open(spec, this.#plan, state)));
  }

  async #reopen(error: unknown): Promise<void> {
    this.#o.signal.throwIfAborted();
    this.generation++;
    this.#o.encoder.stop();
    if (isLost(error) && ++this.#losses > 1 && this.#plan.backend !== 'wasm') {
      this.#plan = { ...this.#plan, backend: 'wasm' };
      this.#o.onFallback('The graphics card was lost twice, so the rest is embedded on the processor.');
    }
    await this.open();
  }
}

function isLost(error: unknown): boolean {
  return error instanceof WinnowError && error.code === 'gpu-lost';
}

/** What a graphics card or its driver can do to a worker that loads a model. */
function diesOpening(error: unknown): boolean {
  return isLost(error) || (error instanceof WinnowError && error.code === 'worker-died');
}

/** Not a matter of memory or of an item: the model gives something else than embeddings. */
function isHopeless(error: unknown): boolean {
  return error instanceof WinnowError && error.code === 'model-unsuitable';
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sorted(batch: readonly Loaded[], encoded: Encoded): Outcome {
  const dim = encoded.data.length / batch.length;
  const reasons = new Map(encoded.failed.map(({ index, reason }) => [index, reason]));
  const truncated = new Set(encoded.truncated);
  const embedded: Embedded[] = [];
  const failed: Failed[] = [];
  batch.forEach(({ item }, i) => {
    const reason = reasons.get(i);
    if (reason !== undefined) failed.push({ item, reason });
    else embedded.push({ item, vector: encoded.data.subarray(i * dim, (i + 1) * dim), isTruncated: truncated.has(i) });
  });
  return { embedded, failed };
}

/** Does the work and waits for it, but no longer than until the signal; a signal already given starts nothing. */
export function orAbort<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    signal.throwIfAborted();
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
