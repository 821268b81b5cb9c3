import type { EncoderSpec } from '../encoders/spec.ts';
import type { FetchRequest, Services } from '../loop/app-ports.ts';
import { orAbort } from '../loop/encoder-run.ts';
import type { FetchProgress } from '../loop/model-ports.ts';
import { describeError, type ErrorText } from './error-texts.ts';
import type { Jobs } from './jobs.svelte.ts';

/** Downloads of encoders. They belong to the machine: whichever project asked, they go on when it is left and are shown in every other. */
export class Downloads {
  readonly #services: Services;
  readonly #jobs: Jobs;
  /** Those under way, by encoder. */
  #running = $state.raw<ReadonlyMap<string, FetchProgress | null>>(new Map());
  /** Why the last one of an encoder did not end well. */
  #failures = $state.raw<ReadonlyMap<string, ErrorText>>(new Map());
  readonly #stops = new Map<string, AbortController>();
  /** Ends of the last downloads, by repository: halves of a pair share files and come one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<() => Promise<void>>();

  constructor(services: Services, jobs: Jobs) {
    this.#services = services;
    this.#jobs = jobs;
  }

  /** Null while none of it runs; `waiting` before the first bytes. */
  progress({ id }: EncoderSpec): FetchProgress | 'waiting' | null {
    if (!this.#running.has(id)) return null;
    return this.#running.get(id) ?? 'waiting';
  }
  failure({ id }: EncoderSpec): ErrorText | null {
    return this.#failures.get(id) ?? null;
  }
  /** Calls `look` after every download, until what is returned is called. */
  onEnd(look: () => Promise<void>): () => void {
    this.#listeners.add(look);
    return () => void this.#listeners.delete(look);
  }
  cancel({ id }: EncoderSpec): void {
    this.#stops.get(id)?.abort(new DOMException('Cancelled by the user.', 'AbortError'));
  }

  /** Downloads files as a visible job. True when they are there afterwards; false also when a download of it runs already. */
  async run(spec: EncoderSpec, request: FetchRequest): Promise<boolean> {
    if (this.#running.has(spec.id)) return false;
    this.#report(spec, null);
    this.#failures = new Map([...this.#failures].filter(([id]) => id !== spec.id));
    const stop = new AbortController();
    this.#stops.set(spec.id, stop);
    const { repository } = request.key;
    const before = this.#turns.get(repository);
    const run = this.#jobs.run(`Downloading ${spec.name}`, async (job) => {
      job.signal.addEventListener('abort', () => stop.abort(job.signal.reason));
      await orAbort(stop.signal, () => Promise.resolve(before));
      await this.#services.models.fetch(request, stop.signal, (progress) => {
        this.#report(spec, progress);
        job.update({ done: progress.done / Math.max(1, progress.total), total: 1, detail: progress.path });
      });
    });
    this.#turns.set(
      repository,
      run.catch(() => undefined),
    );
    try {
      await run;
      return true;
    } catch (error) {
      const words = describeError(error);
      if (words) this.#failures = new Map([...this.#failures, [spec.id, words]]);
      return false;
    } finally {
      this.#stops.delete(spec.id);
      this.#running = new Map([...this.#running].filter(([id]) => id !== spec.id));
      await Promise.all([...this.#listeners].map((look) => look()));
    }
  }

  #report(spec: EncoderSpec, progress: FetchProgress | null): void {
    this.#running = new Map([...this.#running, [spec.id, progress]]);
  }
}
