import { wrap, type Remote } from 'comlink';
import { WinnowError } from '../../domain/errors.ts';
import './comlink-errors.ts';
import { watchLife } from './life.ts';
import { isRequestReport } from './report-requests.ts';

/** Hears the addresses that workers have asked for. */
export type OnRequests = (addresses: readonly string[]) => void;
let onRequests: OnRequests = () => undefined;

/** One listener for all workers of the page: the mark that says whether anything left. */
export function listenToRequests(listener: OnRequests): void {
  onRequests = listener;
}

/** Passes on what the service worker, which no connection holds, has asked for. */
export function noteRequests(addresses: readonly string[]): void {
  onRequests(addresses);
}

/**
 * One worker behind a typed proxy: started on first use, dropped when it dies, so that the next call starts a new one.
 * A call that is under way when the worker ends is rejected.
 */
export class WorkerConnection<T> {
  readonly #start: (name: string) => Worker;
  /** Worker of a kind that announces its life; null: only its errors are heard. */
  readonly #kind: string | null;
  #worker: Worker | null = null;
  #proxy: Remote<T> | null = null;
  #rejects = new Set<(error: unknown) => void>();

  /** @param kind with it, every worker gets a name of its own, and its end is noticed however it came about */
  constructor(start: (name: string) => Worker, kind: string | null = null) {
    this.#start = start;
    this.#kind = kind;
  }

  /** Runs a call against the worker. Rejects with `worker-died` when the worker ends with an error meanwhile. */
  call<R>(use: (remote: Remote<T>) => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      this.#rejects.add(reject);
      use(this.#connect())
        .then(resolve, reject)
        .finally(() => this.#rejects.delete(reject));
    });
  }

  /** False before the first call and after the worker has ended: what was told to it is gone. */
  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Ends the worker; calls under way are rejected with an AbortError. */
  stop(): void {
    this.#end(new DOMException('The task was cancelled.', 'AbortError'));
  }

  #connect(): Remote<T> {
    if (this.#proxy) return this.#proxy;
    const name = `${this.#kind ?? 'worker'}-${crypto.randomUUID()}`;
    const worker = this.#start(name);
    if (this.#kind !== null) {
      watchLife(worker, name, () => {
        if (this.#worker === worker) this.#end(new WinnowError('worker-died', 'It ended without a word'));
      });
    }
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#worker === worker) this.#end(new WinnowError('worker-died', event.message || ''));
    });
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (isRequestReport(data)) onRequests(data.addresses);
    });
    this.#worker = worker;
    this.#proxy = wrap<T>(worker);
    return this.#proxy;
  }

  #end(reason: unknown): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#proxy = null;
    const waiting = [...this.#rejects];
    this.#rejects.clear();
    for (const reject of waiting) reject(reason);
  }
}
