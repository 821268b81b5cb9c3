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
  /** It was to run on the card and could not be started there. */
  readonly isFallback: boolean;
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
    if (o.backend !== 'auto') return tuning(o, o.backend, [await tryOn(o, o.backend)]);
    const chosen = await attempt(o, () => tryOn(o, 'auto'));
    if ('error' in chosen) {
      // 8 bits never go to the card: it is the processor that failed.
      if (o.precision === 'q8') throw chosen.error;
      const processor = await tryOn(o, 'wasm');
      o.onFallback(`${o.spec.name} runs on the processor (WebAssembly): the graphics card failed in a trial.`);
      return tuning(o, 'wasm', [processor]);
    }
    // A card that could not be started is asked for again: a later run says by itself that it can't be had.
    if (chosen.place === 'wasm') return tuning(o, chosen.isFallback ? 'auto' : 'wasm', [chosen]);
    const processor = await attempt(o, () => tryOn(o, 'wasm'));
    if ('error' in processor) return tuning(o, 'auto', [chosen]);
    // Not the card by name: should there be another one, or none, the choice is made anew.
    return processor.ratePerS > chosen.ratePerS
      ? tuning(o, 'wasm', [processor, chosen])
      : tuning(o, 'auto', [chosen, processor]);
  } finally {
    o.encoder.stop();
  }
}

async function tryOn(o: TuneOptions, backend: BackendChoice): Promise<Measured> {
  o.encoder.stop();
  const plan = { backend, precision: o.precision, threads: null, batch: null };
  return measure(o, await orAbort(o.signal, () => o.encoder.open(o.spec, plan, null)));
}

/** The fastest batch of those that work; rejects when the first one does not. */
async function measure(o: TuneOptions, info: EncoderInfo): Promise<Measured> {
  const place = info.backend === 'webgpu' ? 'webgpu' : 'wasm';
  const isFallback = info.fallback !== null;
  // Items are dealt out: fewer would warm the first copy alone.
  await orAbort(o.signal, () => o.encoder.embed(o.sample.slice(0, WARM * info.lanes)));
  const startedAt = o.now();
  let best: Measured | null = null;
  for (const batch of BATCHES[o.spec.modality][place]) {
    const from = o.now();
    const failure = await attempt(o, () => orAbort(o.signal, () => o.encoder.embed(o.sample, batch)));
    if ('error' in failure) {
      // The worker is of no use any more, and a larger batch would need yet more memory.
      if (best) return best;
      throw failure.error;
    }
    const ratePerS = (1000 * o.sample.length) / Math.max(1, o.now() - from);
    if (!best || ratePerS > best.ratePerS) best = { place, isFallback, batch, ratePerS };
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
    return await step();
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
