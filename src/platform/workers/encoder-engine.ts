import type { Backend } from '../../domain/events.ts';
import type { EncodeInput, Encoded } from '../../loop/encoder-ports.ts';
import type { Prepared } from './prepared.ts';

/** One kind of encoder inside the encode worker. */
export interface EncoderEngine {
  readonly backend: Backend;
  readonly fallback: string | null;
  readonly threads: number;
  readonly dim: number;
  fitBatch(inputs: readonly EncodeInput[]): Promise<void>;
  fitEnd(onProgress: (share: number) => void): Promise<unknown>;
  /** Rows as the engine computes them, anything where an input failed; the service checks and normalises them. */
  embed(prepared: Prepared, batch?: number | null): Promise<Pick<Encoded, 'data' | 'failed'>>;
}
