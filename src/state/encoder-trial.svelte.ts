import type { EncoderSpec } from '../encoders/spec.ts';
import type { Precision } from '../loop/embedding-key.ts';
import type { Tuning } from '../loop/encoder-ports.ts';
import { orAbort } from '../loop/encoder-run.ts';
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
  /** What the last trial that failed was of: it would fail again. */
  #failed = '';

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
    this.#failed = '';
  }

  /**
   * Makes the trial once for each encoder on this machine, as a visible job; false when it was cancelled. One that fails is
   * not reported: embedding goes on without, tries again in its own ways and says what is wrong, if anything is.
   */
  async make(of: TrialOf, stop: AbortController): Promise<boolean> {
    const { jobs, items } = this.#session;
    const { spec } = of;
    const isNeeded = spec.runtime === 'transformers' && !this.#tuning && this.#failed !== this.#storedAs(of);
    if (!isNeeded || items.length === 0) return !stop.signal.aborted;
    try {
      await jobs.run(`Trying ${spec.name}`, (job) => {
        job.signal.addEventListener('abort', () => stop.abort(job.signal.reason));
        return this.#try(of, stop.signal);
      });
    } catch {
      this.#failed = this.#storedAs(of);
    }
    return !stop.signal.aborted;
  }

  async #try(of: TrialOf, signal: AbortSignal): Promise<void> {
    const { services, state, items, modality, notices } = this.#session;
    const size = SIZE[modality];
    const step = Math.max(1, Math.floor(items.length / size));
    const some = items.filter((_, i) => i % step === 0).slice(0, size);
    const inputs = await orAbort(signal, () => this.#inputs.of(some));
    const sample = inputs.filter((input) => input !== null);
    if (sample.length === 0) return;
    let isUsual = true;
    const tuning = await tuneEncoder({
      encoder: services.newEncoder(),
      spec: of.spec,
      backend: state.settings.backend,
      precision: of.precision,
      sample,
      signal,
      now: () => performance.now(),
      onFallback: (sentence) => {
        isUsual = false;
        notices.tellOfFallback(sentence);
      },
    });
    // A handful of items says too little to be remembered; and what failed now may work another day.
    if (isUsual && sample.length >= size / 2) services.tunings.put(this.#storedAs(of), tuning);
    this.#tuning = tuning;
  }

  #storedAs({ key }: TrialOf): string {
    return `${key} ${this.#session.state.settings.backend}`;
  }
}
