import { proxy } from 'comlink';
import { projectId, type ProjectId } from '../../domain/ids.ts';
import type { Bundles } from '../../loop/app-ports.ts';
import type { Clock, Ids } from '../../loop/ports.ts';
import type { BundleService } from './bundle-service.ts';
import { WorkerConnection } from './connection.ts';

/** Project files in a worker that lives as long as one task. */
export class WorkerBundles implements Bundles {
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  write(project: ProjectId, withOriginals: boolean, onProgress: (done: number, total: number) => void): Promise<Blob> {
    return once((c) => c.call((w) => w.write(project, withOriginals, proxy(onProgress))));
  }
  read(file: Blob, onProgress: (done: number, total: number) => void): Promise<ProjectId> {
    return once((c) => c.call((w) => w.read(file, projectId(this.#ids.next()), this.#clock.now(), proxy(onProgress))));
  }
}

async function once<T>(use: (connection: WorkerConnection<BundleService>) => Promise<T>): Promise<T> {
  const connection = new WorkerConnection<BundleService>(
    () => new Worker(new URL('./bundle-worker.ts', import.meta.url), { type: 'module', name: 'bundle' }),
  );
  try {
    return await use(connection);
  } finally {
    connection.stop();
  }
}
