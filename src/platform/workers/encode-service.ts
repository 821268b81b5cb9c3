import type { BackendChoice } from '../../domain/events.ts';
import { normaliseRows } from '../../domain/embedding/dense.ts';
import { WinnowError } from '../../domain/errors.ts';
import { encoderById } from '../../encoders/index.ts';
import { embeddingKey } from '../../loop/embed-items.ts';
import type { EncodeInput, Encoded, EncoderInfo } from '../../loop/ports.ts';
import { BuiltinImageEngine, BuiltinTextEngine } from '../builtin/builtin-encoders.ts';
import { siteEncoder } from '../hub/site-models.ts';
import { storedEncoder } from '../opfs/stored-encoder.ts';
import { TransformersEngine } from '../transformers/transformers-engine.ts';
import type { EncoderEngine } from './encoder-engine.ts';

/** The encoder port without its thread: one engine at a time, checked output. */
export class EncodeService {
  readonly #origin: string;
  #engine: EncoderEngine | null = null;

  /** @param origin where `/models/` and `/runtime/` are served */
  constructor(origin: string) {
    this.#origin = origin;
  }

  async open(encoderId: string, backend: BackendChoice, state: unknown): Promise<EncoderInfo> {
    const spec = encoderById(encoderId) ?? (await storedEncoder(encoderId)) ?? (await siteEncoder(encoderId));
    if (!spec) throw new WinnowError('encoder-missing', encoderId);
    if (spec.runtime === 'builtin-text') this.#engine = new BuiltinTextEngine(state);
    else if (spec.runtime === 'builtin-image') this.#engine = new BuiltinImageEngine(state);
    else this.#engine = await TransformersEngine.open(spec, backend, this.#origin);
    const { backend: used, fallback, dim } = this.#engine;
    return { key: embeddingKey(spec), backend: used, fallback, dim };
  }

  fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    return this.#require().fitBatch(inputs);
  }
  fitEnd(onProgress: (share: number) => void): Promise<unknown> {
    return this.#require().fitEnd(onProgress);
  }

  async embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    const { data, failed } = await this.#require().embed(inputs);
    const dim = data.length / inputs.length;
    const isFailed = new Set(failed.map((f) => f.index));
    for (let i = 0; i < inputs.length; i++) {
      const row = data.subarray(i * dim, (i + 1) * dim);
      if (isFailed.has(i)) row.fill(0);
      else if (row.every((v) => v === 0)) row[0] = 1;
    }
    normaliseRows(data, inputs.length, dim);
    if (!data.every(Number.isFinite))
      throw new WinnowError('encoder-failed', 'The encoder gave numbers that are not finite');
    return { data, failed };
  }

  #require(): EncoderEngine {
    if (!this.#engine) throw new WinnowError('encoder-failed', 'No encoder is open');
    return this.#engine;
  }
}
