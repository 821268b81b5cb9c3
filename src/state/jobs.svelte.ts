export interface Job {
  readonly id: number;
  readonly name: string;
  readonly done: number;
  /** 0 = not known yet. */
  readonly total: number;
  readonly ratePerS: number;
  /** Seconds left, or null when it can't be said yet. */
  readonly etaS: number | null;
  readonly detail: string;
  cancel(): void;
}

/** Handle that the work uses to report. */
export interface JobReport {
  readonly signal: AbortSignal;
  update(progress: Partial<Pick<Job, 'done' | 'total' | 'ratePerS' | 'etaS' | 'detail'>>): void;
}

/** Long work, all in one place: what, how far, time left, cancel. */
export class Jobs {
  #list = $state.raw<readonly Job[]>([]);
  #nextId = 1;

  get list(): readonly Job[] {
    return this.#list;
  }

  /** Runs `work` as a visible job; rejects with what it rejects with. */
  async run<T>(name: string, work: (report: JobReport) => Promise<T>): Promise<T> {
    const id = this.#nextId++;
    const controller = new AbortController();
    const cancel = (): void => {
      controller.abort(new DOMException('Cancelled by the user.', 'AbortError'));
    };
    this.#list = [...this.#list, { id, name, done: 0, total: 0, ratePerS: 0, etaS: null, detail: '', cancel }];
    try {
      return await work({
        signal: controller.signal,
        update: (progress) => {
          this.#list = this.#list.map((job) => (job.id === id ? { ...job, ...progress } : job));
        },
      });
    } finally {
      this.#list = this.#list.filter((job) => job.id !== id);
    }
  }
}
