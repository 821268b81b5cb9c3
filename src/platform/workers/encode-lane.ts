import { proxy, transfer } from 'comlink';
import { WinnowError } from '../../domain/errors.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import type { EncodeInput, Encoded, EncoderInfo, RunPlan } from '../../loop/encoder-ports.ts';
import { WorkerConnection } from './connection.ts';
import type { EncodeService } from './encode-service.ts';
import type { PrepareService } from './prepare-service.ts';
import type { Prepared } from './prepared.ts';

/**
 * One copy of an encoder in its worker. What a transformers.js model reads is tokenised or decoded in a second worker:
 * while one call is computed, the next can be prepared.
 */
export class EncodeLane {
  readonly #encode = new WorkerConnection<EncodeService>(
    (name) => new Worker(new URL('./encode-worker.ts', import.meta.url), { type: 'module', name }),
    'encode',
  );
  readonly #prepare = new WorkerConnection<PrepareService>(
    (name) => new Worker(new URL('./prepare-worker.ts', import.meta.url), { type: 'module', name }),
    'prepare',
  );
  #prepares = false;

  async open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo> {
    this.#prepares = spec.runtime === 'transformers';
    const [info] = await Promise.all([
      this.#encode.call((w) => w.open(spec, plan, state)),
      this.#prepares ? this.#prepare.call((w) => w.open(spec)) : null,
    ]);
    return info;
  }
  fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    return this.#encode.call((w) => w.fitBatch(inputs));
  }
  fitEnd(onProgress: (share: number) => void): Promise<unknown> {
    return this.#encode.call((w) => w.fitEnd(proxy(onProgress)));
  }
  async embed(inputs: readonly EncodeInput[], batch?: number): Promise<Encoded> {
    if (!this.#prepares) return this.#encode.call((w) => w.embed({ kind: 'plain', inputs }));
    // A new worker would know nothing of the encoder that was opened.
    if (!this.#prepare.isRunning) throw new WinnowError('worker-died', 'It ended between two calls');
    const prepared = await this.#prepare.call<Prepared>((w) => w.prepare(inputs));
    if (!this.#encode.isRunning) throw new WinnowError('worker-died', 'It ended between two calls');
    return this.#encode.call((w) => w.embed(handOver(prepared), batch));
  }
  stop(): void {
    this.#encode.stop();
    this.#prepare.stop();
  }
}

/** Moves the bulk of it instead of copying it. */
function handOver(prepared: Prepared): Prepared {
  if (prepared.kind === 'tokens') return transfer(prepared, [prepared.ids.buffer, prepared.lengths.buffer]);
  return prepared.kind === 'pixels' ? transfer(prepared, [prepared.data.buffer]) : prepared;
}
