import { DEFAULT_SETTINGS, EVENT_FORMAT, type Task } from '../domain/events.ts';
import { projectId, type ProjectId } from '../domain/ids.ts';
import type { Modality } from '../domain/item.ts';
import { encodersFor } from '../encoders/index.ts';
import type { Services } from '../loop/app-ports.ts';
import { sweepProjects } from '../loop/sweep-projects.ts';
import type { ProjectSummary, Storage } from '../loop/storage-ports.ts';
import { WinnowError } from '../domain/errors.ts';
import { Downloads } from './downloads.svelte.ts';
import { Jobs } from './jobs.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { OfflineState } from './offline.svelte.ts';
import { ProjectSession, type Surroundings } from './project.svelte.ts';
import { Shelf } from './shelf.svelte.ts';
import { STAGES, type Stage } from './stage-status.ts';
import { ThemeState } from './theme.svelte.ts';

const SAMPLES = {
  triage: { name: 'Clinic messages (practice)', modality: 'text' },
  inspection: { name: 'Machine parts (practice)', modality: 'image' },
} as const satisfies Record<string, { name: string; modality: Modality }>;

/** The app: which project is open, which stage is shown, messages and long work. */
export class AppState {
  readonly #services: Services;
  #storage: Storage | null = null;
  readonly notices = new Notices();
  readonly jobs = new Jobs();
  readonly theme = new ThemeState();
  readonly offline: OfflineState;
  readonly #downloads: Downloads;
  readonly #shelf: Shelf;
  #project = $state.raw<ProjectSession | null>(null);
  #stage = $state<Stage>('data');
  #isReady = $state(false);
  #isStarting = $state(false);
  #turn: Promise<unknown> = Promise.resolve();
  #network = $state.raw({ requests: 0, foreign: 0 });
  #gauge = $state.raw<{ usedBytes: number; quotaBytes: number; isPersisted: boolean } | null>(null);

  constructor(services: Services) {
    this.#services = services;
    this.#downloads = new Downloads(services, this.jobs);
    this.#shelf = new Shelf(services, this.jobs);
    this.offline = new OfflineState(services.offline);
  }

  get projects(): readonly ProjectSummary[] {
    return this.#shelf.projects;
  }
  get project(): ProjectSession | null {
    return this.#project;
  }
  get stage(): Stage {
    return this.#stage;
  }
  get isReady(): boolean {
    return this.#isReady;
  }
  get isStarting(): boolean {
    return this.#isStarting;
  }
  get network(): { requests: number; foreign: number } {
    return this.#network;
  }
  get storage(): { usedBytes: number; quotaBytes: number; isPersisted: boolean } | null {
    return this.#gauge;
  }

  /** Opens the storage and the project that the address names. */
  async start(): Promise<void> {
    this.theme.restore();
    await this.#begin();
    const isBusy = (): boolean => this.#project !== null || this.#isStarting || this.jobs.list.length > 0;
    this.offline.start(() => !isBusy());
  }

  async #begin(): Promise<void> {
    try {
      const { openStorage, locks, clock } = this.#services;
      this.#storage = await openStorage();
      await sweepProjects(this.#storage, locks, clock);
      await this.#list();
    } catch (error) {
      this.notices.fail(error);
      return;
    }
    await this.#followAddress();
    this.#isReady = true;
    addEventListener('hashchange', () => {
      this.#followAddress().catch((error: unknown) => this.notices.fail(error));
    });
    setInterval(() => {
      const count = this.#services.network.count();
      if (count.requests !== this.#network.requests || count.foreign !== this.#network.foreign) this.#network = count;
    }, 2000);
  }

  goTo(stage: Stage): void {
    if (stage !== this.#stage) this.notices.clearErrors();
    this.#stage = stage;
    if (this.#project) {
      location.hash = `#/${this.#project.id}/${stage}`;
      if (stage === 'label') this.#project.start();
      if (stage === 'evaluate') this.#project.evaluation.labelsChanged();
    }
  }

  async createProject(name: string, modality: Modality, task: Task = 'single'): Promise<void> {
    await this.#create(name.trim() || 'Untitled project', modality, false, task);
  }

  async startSample(sample: keyof typeof SAMPLES): Promise<void> {
    const { name, modality } = SAMPLES[sample];
    const session = await this.#create(name, modality, true);
    if (!session) return;
    try {
      const source = await this.jobs.run(`Making ${name}`, (job) =>
        this.#services.samples.generate(sample, job.signal, (done, total) => job.update({ done, total })),
      );
      await session.data.importSource(source, { hints: 'reference', textColumn: 0, idColumn: null, labelColumn: 1 });
      await session.classes.addSuggested();
    } catch (error) {
      this.notices.fail(error);
    }
  }

  /** Opening and closing happen one after another: two at once would leave a lock and workers behind. */
  openProject(id: ProjectId, stage: Stage | null = null): Promise<void> {
    return this.#inTurn(() => this.#open(id, stage));
  }
  closeProject(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  async #open(id: ProjectId, stage: Stage | null): Promise<void> {
    const storage = this.#storage;
    if (!storage) return;
    this.#isStarting = true;
    if (!isAddressOf(id)) location.hash = `#/${id}`;
    try {
      await this.#project?.close();
      this.#project = null;
      if (!(await storage.projects.get(id))) throw new WinnowError('project-missing');
      const session = await ProjectSession.open(id, this.#around(storage));
      this.#project = session;
      // The user may have gone elsewhere meanwhile; what follows the address comes next then.
      if (isAddressOf(id)) this.goTo(stage ?? (session.state.isSplitDrawn ? 'label' : 'data'));
      session.encoding.resume().catch((error: unknown) => this.notices.fail(error));
      await this.#measure();
    } catch (error) {
      this.notices.fail(error);
      if (isAddressOf(id)) location.hash = '';
    } finally {
      this.#isStarting = false;
    }
  }

  async #close(): Promise<void> {
    const open = this.#project;
    this.#project = null;
    location.hash = '';
    await open?.close();
    await this.#list();
  }

  async removeProject(id: ProjectId): Promise<void> {
    try {
      if (this.#project?.id === id) await this.closeProject();
      if (this.#storage) await this.#shelf.remove(this.#storage, id);
    } catch (error) {
      this.notices.fail(error);
    }
  }

  async importBundle(file: Blob): Promise<void> {
    if (!this.#storage) return;
    try {
      await this.openProject(await this.#shelf.read(this.#storage, file));
    } catch (error) {
      this.notices.fail(error);
    }
  }

  #create(
    name: string,
    modality: Modality,
    hasReference: boolean,
    task: Task = 'single',
  ): Promise<ProjectSession | null> {
    return this.#inTurn(() => this.#make(name, modality, hasReference, task));
  }

  async #make(name: string, modality: Modality, hasReference: boolean, task: Task): Promise<ProjectSession | null> {
    const storage = this.#storage;
    if (!storage) return null;
    this.#isStarting = true;
    try {
      await this.#project?.close();
      const id = projectId(this.#services.ids.next());
      const encoder = encodersFor(modality)[0]?.id ?? '';
      const session = await ProjectSession.open(id, this.#around(storage), {
        kind: 'project-created',
        format: EVENT_FORMAT,
        name,
        modality,
        seed: hasReference ? 20_260 : this.#services.ids.seed(),
        settings: { ...DEFAULT_SETTINGS, encoder, task },
        hasReference,
      });
      this.#project = session;
      this.goTo('data');
      await this.#list();
      await this.#services.gauge.persist();
      await this.#measure();
      return session;
    } catch (error) {
      this.notices.fail(error);
      return null;
    } finally {
      this.#isStarting = false;
    }
  }

  #around(storage: Storage): Surroundings {
    const { notices, jobs } = this;
    return { services: this.#services, storage, notices, jobs, downloads: this.#downloads };
  }

  #followAddress(): Promise<void> {
    return this.#inTurn(async () => {
      const [, id = '', stage = ''] = location.hash.split('/');
      const known = STAGES.find((s) => s === stage);
      if (id === '') {
        if (this.#project) await this.#close();
      } else if (this.#project?.id !== id) await this.#open(projectId(id), known ?? null);
      else if (known && known !== this.#stage) this.goTo(known);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #list(): Promise<void> {
    if (this.#storage) await this.#shelf.refresh(this.#storage);
  }

  async #measure(): Promise<void> {
    this.#gauge = await this.#services.gauge.estimate();
  }
}

function isAddressOf(id: ProjectId): boolean {
  return location.hash.split('/')[1] === id;
}
