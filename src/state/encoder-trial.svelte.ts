import type { EncoderSpec } from '../encoders/spec.ts';
import type { Precision } from '../loop/embedding-key.ts';
import type { Tuning } from '../loop/encoder-ports.ts';
import { tuneEncoder } from '../loop/tune-encoder.ts';
import type { EncoderInputs } from './encoder-inputs.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Items of a trial. */
const SIZE = { text: 64, image: 16 } as const;

/** An encoder as it is to run: what a trial depends on, beside the machine. */
export interface TrialOf {
  readonly spec: EncoderSpec;
  /** Of the embeddings. */
  readonly key: string;
  readonly precision: Precision;
}

/** What a short trial of the chosen encoder with some of the project's items says about its speed here. */
export class EncoderTrial {
  readonly #session: ProjectSession;
  readonly #inputs: EncoderInputs;
  #tuning = $state.raw<Tuning | null>(null);

  constructor(session: ProjectSession, inputs: EncoderInputs) {
    this.#session = session;
    this.#inputs = inputs;
  }

  /** Null before a trial. */
  get tuning(): Tuning | null {
    return this.#tuning;
  }

  /** Takes up what an earlier trial on this machine found out. */
  recall(of: TrialOf): void {
    this.#tuning = this.#session.services.tunings.get(this.#storedAs(of));
  }

  /** Makes the trial once for each encoder on this machine, as a visible job; false when it was cancelled or failed. */
  async make(of: TrialOf, stop: AbortController): Promise<boolean> {
    const { services, state, jobs, items, modality } = this.#session;
    const { spec, precision } = of;
    if (spec.runtime !== 'transformers' || this.#tuning || items.length === 0) return true;
    const size = SIZE[modality];
    const step = Math.max(1, Math.floor(items.length / size));
    const some = items.filter((_, i) => i % step === 0).slice(0, size);
    try {
      await jobs.run(`Trying ${spec.name}`, async (job) => {
        job.signal.addEventListener('abort', () => stop.abort(job.signal.reason));
        const sample = (await this.#inputs.of(some)).filter((input) => input !== null);
        if (sample.length === 0) return;
        const tuning = await tuneEncoder({
          encoder: services.newEncoder(),
          spec,
          backend: state.settings.backend,
          precision,
          sample,
          signal: stop.signal,
          now: () => performance.now(),
        });
        // A handful of items says too little to be remembered.
        if (sample.length >= size / 2) services.tunings.put(this.#storedAs(of), tuning);
        this.#tuning = tuning;
      });
      return !stop.signal.aborted;
    } catch (error) {
      this.#session.fail(error);
      return false;
    }
  }

  #storedAs({ key }: TrialOf): string {
    return `${key} ${this.#session.state.settings.backend}`;
  }
}
