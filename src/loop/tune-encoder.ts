import type { BackendChoice } from '../domain/events.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { Precision } from './embedding-key.ts';
import { orAbort } from './encoder-run.ts';
import type { Batches, EncodeInput, Encoder, EncoderInfo, Tuning } from './encoder-ports.ts';

/** Tokens or images in one run of the model: what is tried, on each backend. */
const BATCHES = {
  text: { wasm: [128, 512, 1024], webgpu: [2048, 8192] },
  image: { wasm: [2, 4, 8], webgpu: [8, 32] },
} as const;
/** A slow encoder is not tried again and again. */
const PATIENCE_MS = 5000;
/** Items for each copy of the model before its time is taken: the first ones run slowly. */
const WARM = 4;

export interface TuneOptions {
  readonly encoder: Encoder;
  readonly spec: EncoderSpec;
  readonly backend: BackendChoice;
  readonly precision: Precision;
  /** Some of the project's own items. */
  readonly sample: readonly EncodeInput[];
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Says that the encoder does not run where it would be expected to, in a sentence. */
  readonly onFallback: (sentence: string) => void;
}

interface Measured {
  readonly place: 'webgpu' | 'wasm';
  readonly batch: number;
  /** Items a second. */
  readonly ratePerS: number;
}

/**
 * A short trial: where an encoder is fastest here, with how much at a time, and how many items it does in a second.
 * Where a graphics card is chosen by itself, the processor is tried too, and does for it when it fails. Rejects when
 * nothing could be embedded anywhere. The encoder is stopped afterwards.
 */
export async function tuneEncoder(o: TuneOptions): Promise<Tuning> {
  try {
    const info = await open(o, o.backend);
    if (o.backend !== 'auto' || placeOf(info) === 'wasm') {
      // What was asked for is asked for again: a later run says by itself that it can't be had.
      const isPlain = o.backend === 'auto' && info.fallback === null;
      return tuning(o, isPlain ? 'wasm' : o.backend, [await measure(o, info)]);
    }
    const card = await attempt(o, () => measure(o, info));
    const processor = await attempt(o, async () => measure(o, await open(o, 'wasm')));
    if ('error' in card) {
      if ('error' in processor) throw processor.error;
      o.onFallback(`${o.spec.name} runs on the processor (WebAssembly): the graphics card failed in a trial.`);
      return tuning(o, 'wasm', [processor]);
    }
    if ('error' in processor) return tuning(o, 'auto', [card]);
    // Not the card by name: should there be another one, or none, the choice is made anew.
    return processor.ratePerS > card.ratePerS
      ? tuning(o, 'wasm', [processor, card])
      : tuning(o, 'auto', [card, processor]);
  } finally {
    o.encoder.stop();
  }
}

function open(o: TuneOptions, backend: BackendChoice): Promise<EncoderInfo> {
  o.encoder.stop();
  const plan = { backend, precision: o.precision, threads: null, batch: null };
  return orAbort(o.signal, () => o.encoder.open(o.spec, plan, null));
}

/** The fastest batch of those that work; rejects when the first one does not. */
async function measure(o: TuneOptions, info: EncoderInfo): Promise<Measured> {
  const place = placeOf(info);
  // Items are dealt out: fewer would warm the first copy alone.
  await orAbort(o.signal, () => o.encoder.embed(o.sample.slice(0, WARM * info.lanes)));
  const startedAt = o.now();
  let best: Measured | null = null;
  for (const batch of BATCHES[o.spec.modality][place]) {
    const from = o.now();
    const failure = await attempt(o, () => o.encoder.embed(o.sample, batch));
    if ('error' in failure) {
      // The worker is of no use any more, and a larger batch would need yet more memory.
      if (best) return best;
      throw failure.error;
    }
    const ratePerS = (1000 * o.sample.length) / Math.max(1, o.now() - from);
    if (!best || ratePerS > best.ratePerS) best = { place, batch, ratePerS };
    if (o.now() - startedAt > PATIENCE_MS) break;
  }
  if (!best) throw new RangeError('There is always a batch to try.');
  return best;
}

/** What a step brings, or why it failed; rejects with a cancel only. */
async function attempt<T extends object>(
  o: TuneOptions,
  step: () => Promise<T>,
): Promise<T | { readonly error: unknown }> {
  try {
    return await orAbort(o.signal, step);
  } catch (error) {
    o.signal.throwIfAborted();
    return { error };
  }
}

/** @param measured the fastest first */
function tuning(o: TuneOptions, backend: BackendChoice, measured: readonly Measured[]): Tuning {
  const batch: Batches = Object.fromEntries(measured.map((m) => [m.place, m.batch]));
  const plan = { backend, precision: o.precision, threads: null, batch };
  return { plan, ratePerS: measured[0]?.ratePerS ?? 0 };
}

function placeOf(info: EncoderInfo): 'webgpu' | 'wasm' {
  return info.backend === 'webgpu' ? 'webgpu' : 'wasm';
}
