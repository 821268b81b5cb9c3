import type { CopyStatus, OfflineCopy } from '../loop/app-ports.ts';

/** Whether the app works without a network, and whether a new version waits. */
export class OfflineState {
  readonly #copy: OfflineCopy | null;
  #status = $state.raw<CopyStatus>({ state: 'none', sizeBytes: 0, updates: 0, threads: 'as-they-are' });
  /** As many versions were there when the user said "later". */
  #putOff = $state(0);

  /** @param copy null where the app is not kept, as in development */
  constructor(copy: OfflineCopy | null) {
    this.#copy = copy;
  }

  get status(): CopyStatus {
    return this.#status;
  }
  /** A new version waits and the user has not said "later" to it. */
  get isUpdateOffered(): boolean {
    return this.#status.updates > this.#putOff;
  }

  /**
   * @param isIdle nothing is open and nothing runs: only then, and only where nobody has touched the page, it is reloaded
   * by itself, once, for threads
   */
  start(isIdle: () => boolean): void {
    this.#copy?.start((status) => {
      this.#status = status;
      if (status.threads === 'after-reload' && this.#copy?.isUntouched && isIdle()) this.#copy.reloadForThreads();
    });
  }

  /** Loads the new version; asked for by the user only. */
  update(): void {
    this.#copy?.update();
  }
  putOff(): void {
    this.#putOff = this.#status.updates;
  }
  reloadForThreads(): void {
    this.#copy?.reloadForThreads();
  }
}
