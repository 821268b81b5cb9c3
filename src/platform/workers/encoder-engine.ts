import type { Backend } from '../../domain/events.ts';
import type { EncodeInput } from '../../loop/ports.ts';

/** One kind of encoder inside the encode worker. */
export interface EncoderEngine {
  readonly backend: Backend;
  readonly fallback: string | null;
  readonly dim: number;
  fitBatch(inputs: readonly EncodeInput[]): Promise<void>;
  fitEnd(onProgress: (share: number) => void): Promise<unknown>;
  /** Row-major [inputs, dim]; the service checks and normalises it. */
  embed(inputs: readonly EncodeInput[]): Promise<Float32Array>;
}
