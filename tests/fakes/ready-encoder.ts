import type { EncodeInput, Encoded, Encoder, EncoderInfo, RunPlan } from '../../src/loop/encoder-ports.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';

/** What encoders in tests have in common: they learn nothing first. */
export abstract class ReadyEncoder implements Encoder {
  abstract open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo>;
  abstract embed(inputs: readonly EncodeInput[], batch?: number): Promise<Encoded>;
  abstract stop(): void;
  needsFit(): boolean {
    return false;
  }
  fitBatch(_inputs?: readonly EncodeInput[]): Promise<void> {
    return Promise.resolve();
  }
  fitEnd(): Promise<unknown> {
    return Promise.resolve(null);
  }
}
