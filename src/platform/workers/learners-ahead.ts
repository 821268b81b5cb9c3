import { WorkerLearner } from './learn-client.ts';

/** Keeps a learn worker ready: starting one takes half a second, because it compiles its code before it answers. */
export class LearnersAhead {
  #spare: WorkerLearner | null = null;

  /** Starts a worker for the next `take`, unless one is there. */
  prepare(): void {
    if (this.#spare) return;
    this.#spare = new WorkerLearner();
    // One that does not start says so to whoever takes it.
    this.#spare.start().catch(() => undefined);
  }

  /** The worker that is ready, or a new one. Once it is stopped the next is made ready. */
  take(): WorkerLearner {
    const learner = this.#spare ?? new WorkerLearner();
    this.#spare = null;
    learner.onStop = () => this.prepare();
    return learner;
  }
}
