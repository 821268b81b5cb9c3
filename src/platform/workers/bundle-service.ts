import type { ProjectId } from '../../domain/ids.ts';
import { readBundle } from '../../loop/import-project.ts';
import { writeBundle } from '../../loop/pack-project.ts';
import type { Storage } from '../../loop/storage-ports.ts';

type Progress = (done: number, total: number) => void;

/** Packing and unpacking of projects, with a database connection of its own for each task. */
export class BundleService {
  readonly #open: () => Promise<Storage>;
  constructor(open: () => Promise<Storage>) {
    this.#open = open;
  }

  write(project: ProjectId, withOriginals: boolean, onProgress: Progress): Promise<Blob> {
    return this.#with((storage) => writeBundle(storage, project, withOriginals, rarely(onProgress)));
  }
  read(file: Blob, newId: ProjectId, now: number, onProgress: Progress): Promise<ProjectId> {
    return this.#with((storage) => readBundle(storage, file, newId, now, rarely(onProgress)));
  }

  async #with<T>(use: (storage: Storage) => Promise<T>): Promise<T> {
    const storage = await this.#open();
    try {
      return await use(storage);
    } finally {
      storage.close();
    }
  }
}

/** Lets through at most one report in 100 ms, and the last: each crosses threads. */
function rarely(report: Progress): Progress {
  let last = 0;
  return (done, total) => {
    const now = performance.now();
    if (done < total && now - last < 100) return;
    last = now;
    report(done, total);
  };
}
