import { proxy } from 'comlink';
import type { BackendChoice } from '../../domain/events.ts';
import { encoderById } from '../../encoders/index.ts';
import type { EncodeInput, Encoded, Encoder, EncoderInfo } from '../../loop/ports.ts';
import { WorkerConnection } from './connection.ts';
import type { EncodeService } from './encode-service.ts';

/** The encoder in its worker. */
export class WorkerEncoder implements Encoder {
  readonly #connection = new WorkerConnection<EncodeService>(
    () => new Worker(new URL('./encode-worker.ts', import.meta.url), { type: 'module', name: 'encode' }),
  );

  open(encoderId: string, backend: BackendChoice, state: unknown): Promise<EncoderInfo> {
    return this.#connection.call((w) => w.open(encoderId, backend, state));
  }
  needsFit(encoderId: string): boolean {
    const runtime = encoderById(encoderId)?.runtime ?? 'transformers';
    return runtime !== 'transformers';
  }
  fitBatch(inputs: readonly EncodeInput[]): Promise<void> {
    return this.#connection.call((w) => w.fitBatch(inputs));
  }
  fitEnd(onProgress: (share: number) => void): Promise<unknown> {
    return this.#connection.call((w) => w.fitEnd(proxy(onProgress)));
  }
  embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    return this.#connection.call((w) => w.embed(inputs));
  }
  stop(): void {
    this.#connection.stop();
  }
}
