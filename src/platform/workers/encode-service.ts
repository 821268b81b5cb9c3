import { normaliseRows } from '../../domain/embedding/dense.ts';
import { WinnowError } from '../../domain/errors.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import { embeddingKey } from '../../loop/embedding-key.ts';
import { transfer } from 'comlink';
import type { EncodeInput, Encoded, EncoderInfo, RunPlan } from '../../loop/encoder-ports.ts';
import { BuiltinImageEngine, BuiltinTextEngine } from '../builtin/builtin-encoders.ts';
import { TransformersEngine } from '../transformers/transformers-engine.ts';
import type { EncoderEngine } from './encoder-engine.ts';
import { countOf, type Prepared } from './prepared.ts';

/** The encoder port without its thread: one engine at a time, checked output. */
export class EncodeService {
  readonly #origin: string;
  #engine: EncoderEngine | null = null;

  /** @param origin where `/models/` and `/runtime/` are served */
  constructor(origin: string) {
    this.#origin = origin;
  }

  async open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo> {
    if (spec.runtime === 'builtin-text') this.#engine = new BuiltinTextEngine(state);
    else if (spec.runtime === 'builtin-image') this.#engine = new BuiltinImageEngine(state);
    else this.#engine = await TransformersEngine.open(spec, plan, this.#origin);
    const { backend, fallback, threads, dim } = this.#engine;
    return { key: embeddingKey(spec, plan.precision), backend, fallback, threads, dim, lanes: 1 };
  }

  fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    return this.#require().fitBatch(inputs);
  }
  fitEnd(onProgress: (share: number) => void): Promise<unknown> {
    return this.#require().fitEnd(onProgress);
  }

  async embed(prepared: Prepared, batch: number | null = null): Promise<Encoded> {
    const count = countOf(prepared);
    const { data, failed } = await this.#require().embed(prepared, batch);
    const dim = count === 0 ? 0 : data.length / count;
    const isFailed = new Set(failed.map((f) => f.index));
    for (let i = 0; i < count; i++) {
      const row = data.subarray(i * dim, (i + 1) * dim);
      if (isFailed.has(i)) row.fill(0);
      else if (row.every((v) => v === 0)) row[0] = 1;
    }
    normaliseRows(data, count, dim);
    if (!isFinite(data)) throw new WinnowError('encoder-failed', 'The encoder gave numbers that are not finite');
    const encoded = { data, failed, truncated: prepared.kind === 'tokens' ? prepared.truncated : [] };
    return transfer(encoded, [data.buffer]);
  }

  #require(): EncoderEngine {
    if (!this.#engine) throw new WinnowError('encoder-failed', 'No encoder is open');
    return this.#engine;
  }
}

/** Infinities and NaN survive the sum: a finite one means that every value is. */
function isFinite(data: Float32Array): boolean {
  let sum = 0;
  for (const value of data) sum += Math.abs(value);
  return Number.isFinite(sum);
}
