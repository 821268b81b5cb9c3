import type { BackendChoice } from '../domain/events.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { Precision } from './embedding-key.ts';
import { orAbort } from './encoder-run.ts';
import type { EncodeInput, Encoder, RunPlan, Tuning } from './encoder-ports.ts';

/** Tokens or images in one run of the model: what is tried, on each backend. */
const BATCHES = {
  text: { wasm: [128, 512, 1024], webgpu: [2048, 8192] },
  image: { wasm: [2, 4, 8], webgpu: [8, 32] },
} as const;
/** A slow encoder is not tried again and again. */
const PATIENCE_MS = 5000;
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
}

/**
 * A short trial: where an encoder is fastest here, with how much at a time, and how many items it does in a second.
 * Where a graphics card is chosen by itself, the processor is tried too. The encoder is stopped afterwards.
 */
export async function tuneEncoder(o: TuneOptions): Promise<Tuning> {
  try {
    const first = await tryBackend(o, o.backend);
    if (o.backend !== 'auto' || first.plan.backend !== 'webgpu') return first;
    const second = await tryBackend(o, 'wasm').catch((error: unknown) => {
      o.signal.throwIfAborted();
      if (error instanceof Error) return null; // The card alone will do.
      throw error;
    });
    return second && second.ratePerS > first.ratePerS ? second : first;
  } finally {
    o.encoder.stop();
  }
}

async function tryBackend(o: TuneOptions, backend: BackendChoice): Promise<Tuning> {
  o.encoder.stop();
  const plan: RunPlan = { backend, precision: o.precision, threads: null, batch: null };
  const info = await orAbort(o.signal, () => o.encoder.open(o.spec, plan, null));
  const used = info.backend === 'webgpu' ? 'webgpu' : 'wasm';
  await orAbort(o.signal, () => o.encoder.embed(o.sample.slice(0, WARM)));
  const startedAt = o.now();
  let best: Tuning | null = null;
  for (const batch of BATCHES[o.spec.modality][used]) {
    const from = o.now();
    await orAbort(o.signal, () => o.encoder.embed(o.sample, batch));
    const ratePerS = (1000 * o.sample.length) / Math.max(1, o.now() - from);
    if (!best || ratePerS > best.ratePerS) best = { plan: { ...plan, backend: used, batch }, ratePerS };
    if (o.now() - startedAt > PATIENCE_MS) break;
  }
  return best ?? { plan, ratePerS: 0 };
}
