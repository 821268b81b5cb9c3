/** Long work of which one runs at a time, what it depends on can change while it runs, and none runs after `close`. */
export class SingleWork {
  #isRunning = $state(false);
  #running: Promise<void> = Promise.resolve();
  #stop: AbortController | null = null;
  #changes = 0;
  #isClosed = false;

  get isRunning(): boolean {
    return this.#isRunning;
  }
  /** True until the last of the changes is done: work that began before would be for nothing. */
  get isChanging(): boolean {
    return this.#changes > 0;
  }
  get canStart(): boolean {
    return !this.#isRunning && !this.isChanging && !this.#isClosed;
  }

  /** Does the work where `canStart`; else nothing. A change or the end aborts it, without a word. */
  async start(work: (stop: AbortController) => Promise<void>): Promise<void> {
    if (!this.canStart) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#isRunning = true;
    const running = work(stop).finally(() => {
      this.#stop = null;
      this.#isRunning = false;
    });
    this.#running = running.catch(() => undefined);
    await running;
  }

  /**
   * Stops the work that runs and waits for its end before the change; several follow one another. True for the last of
   * them, unless all is over: it is the one to go on.
   */
  async change(apply: () => Promise<void>): Promise<boolean> {
    this.#changes++;
    try {
      this.#stop?.abort();
      await this.#running;
      if (!this.#isClosed) await apply();
    } finally {
      this.#changes--;
    }
    return !this.isChanging && !this.#isClosed;
  }

  /** Stops the work for good; resolves when it has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#stop?.abort();
    return this.#running;
  }
}
