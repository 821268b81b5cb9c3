import { proxy } from 'comlink';
import type { ProjectId } from '../../domain/ids.ts';
import type { Bundles } from '../../loop/app-ports.ts';
import type { Clock } from '../../loop/ports.ts';
import type { BundleService } from './bundle-service.ts';
import { WorkerConnection } from './connection.ts';

type Progress = (done: number, total: number) => void;

/** Project files in a worker that lives as long as one task; a cancel ends it. */
export class WorkerBundles implements Bundles {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(project: ProjectId, withOriginals: boolean, signal: AbortSignal, onProgress: Progress): Promise<Blob> {
    return once(signal, (c) => c.call((w) => w.write(project, withOriginals, proxy(onProgress))));
  }
  async read(file: Blob, project: ProjectId, signal: AbortSignal, onProgress: Progress): Promise<void> {
    await once(signal, (c) => c.call((w) => w.read(file, project, this.#clock.now(), proxy(onProgress))));
  }
}

async function once<T>(
  signal: AbortSignal,
  use: (connection: WorkerConnection<BundleService>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const connection = new WorkerConnection<BundleService>(
    () => new Worker(new URL('./bundle-worker.ts', import.meta.url), { type: 'module', name: 'bundle' }),
  );
  const stop = (): void => connection.stop();
  signal.addEventListener('abort', stop);
  try {
    return await use(connection);
  } finally {
    signal.removeEventListener('abort', stop);
    connection.stop();
  }
}
