import { WinnowError } from '../domain/errors.ts';
import { projectId, type ProjectId } from '../domain/ids.ts';
import type { Services } from '../loop/app-ports.ts';
import type { ProjectSummary, Storage } from '../loop/storage-ports.ts';
import type { Jobs } from './jobs.svelte.ts';

/** The projects of this browser that are open in no tab: the list of them, and what is done to one as a whole. */
export class Shelf {
  readonly #services: Services;
  readonly #jobs: Jobs;
  #projects = $state.raw<readonly ProjectSummary[]>([]);

  constructor(services: Services, jobs: Jobs) {
    this.#services = services;
    this.#jobs = jobs;
  }

  get projects(): readonly ProjectSummary[] {
    return this.#projects;
  }

  async refresh(storage: Storage): Promise<void> {
    this.#projects = await storage.projects.list();
  }

  async remove(storage: Storage, id: ProjectId): Promise<void> {
    await this.#alone(id, () => storage.projects.remove(id));
    await this.refresh(storage);
  }

  /** Reads a project file into a new project. */
  async read(storage: Storage, file: Blob): Promise<ProjectId> {
    const id = projectId(this.#services.ids.next());
    await this.#alone(id, async () => {
      try {
        await this.#jobs.run('Opening the project file', (job) =>
          this.#services.bundles(storage).read(file, id, job.signal, (done, total) => job.update({ done, total })),
        );
      } catch (error) {
        // A cancelled task leaves what it had stored. Should this fail too, the next start removes it.
        await storage.projects.remove(id).catch(() => undefined);
        throw error;
      }
    });
    await this.refresh(storage);
    return id;
  }

  /** Works on a project that is open in no tab. Throws `project-open-elsewhere` when it is. */
  async #alone(id: ProjectId, work: () => Promise<void>): Promise<void> {
    const { locks } = this.#services;
    if (!(await locks.acquire(id, false, () => undefined))) throw new WinnowError('project-open-elsewhere');
    try {
      await work();
    } finally {
      locks.release(id);
    }
  }
}
