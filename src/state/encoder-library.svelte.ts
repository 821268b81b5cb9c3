import { encoders } from '../encoders/index.ts';
import {
  chooseDtype,
  DTYPES,
  filesOf,
  totalBytes,
  weightsPath,
  type Dtype,
  type EncoderSpec,
} from '../encoders/spec.ts';
import { WinnowError } from '../domain/errors.ts';
import type { Modality } from '../domain/item.ts';
import { parseRepository } from '../loop/check-model.ts';
import type { Services, SiteModel, Source } from '../loop/app-ports.ts';
import type { FetchProgress, ModelKey, StoredModel } from '../loop/model-ports.ts';
import { describeError, type ErrorText } from './error-texts.ts';
import type { Jobs } from './jobs.svelte.ts';
import { keepSpeed, readSpeeds } from './speeds.ts';
import type { Notices } from './notices.svelte.ts';

/** Where an encoder's files are. `partly`: a download was begun and not finished. */
export type EncoderPlace = 'built-in' | 'machine' | 'site' | 'partly' | 'hub' | 'nowhere';

/** Every encoder there is, where its files are, and getting or removing them. */
export class EncoderLibrary {
  readonly #services: Services;
  readonly #jobs: Jobs;
  readonly #notices: Notices;
  #stored = $state.raw<readonly StoredModel[]>([]);
  #site = $state.raw<{ models: readonly SiteModel[]; encoders: readonly EncoderSpec[] }>({ models: [], encoders: [] });
  /** Downloads under way, by encoder. */
  #fetching = $state.raw<ReadonlyMap<string, FetchProgress | null>>(new Map());
  /** Why the last download of an encoder did not end well. */
  #failures = $state.raw<ReadonlyMap<string, ErrorText>>(new Map());
  /** A repository that the user has named; listed until the project is closed or it is downloaded. */
  #found = $state.raw<EncoderSpec | null>(null);
  #speeds = $state.raw<ReadonlyMap<string, number>>(readSpeeds());
  readonly #stops = new Map<string, AbortController>();
  #backend = $state<'webgpu' | 'wasm'>('wasm');

  constructor(services: Services, jobs: Jobs, notices: Notices) {
    this.#services = services;
    this.#jobs = jobs;
    this.#notices = notices;
  }

  /** Those of the app, of the site, then those that the user brought. */
  readonly all: readonly EncoderSpec[] = $derived.by(() => [
    ...encoders,
    ...this.#site.encoders,
    ...this.#stored.flatMap((m) => m.encoder ?? []),
    ...(this.#found && !this.#stored.some((m) => m.encoder?.id === this.#found?.id) ? [this.#found] : []),
  ]);

  byId(id: string): EncoderSpec | undefined {
    return this.all.find((e) => e.id === id);
  }
  place(spec: EncoderSpec): EncoderPlace {
    if (spec.runtime !== 'transformers') return 'built-in';
    const paths = new Set(this.#model(spec)?.files.flatMap((f) => (f.isVerified ? [f.path] : [])));
    if (hasAll(spec, paths)) return 'machine';
    const served = this.#site.models.find((m) => m.path === spec.path);
    if (served && hasAll(spec, new Set(Object.keys(served.files)))) return 'site';
    // A folder that was not copied to its end can't be fetched from the hub.
    if (!spec.hub || spec.id.startsWith('local:')) return 'nowhere';
    return this.storedBytes(spec) > 0 ? 'partly' : 'hub';
  }
  /** True where it can embed now, without a download. */
  isReady(spec: EncoderSpec): boolean {
    return ['built-in', 'machine', 'site'].includes(this.place(spec));
  }
  /** What lies on this machine of it. */
  storedBytes(spec: EncoderSpec): number {
    return this.#model(spec)?.files.reduce((sum, f) => sum + f.storedBytes, 0) ?? 0;
  }
  /** The number type that suits this machine, and what it takes to download. */
  download(spec: EncoderSpec): { dtype: Dtype; sizeBytes: number; isApproximate: boolean } {
    const { hub } = spec;
    const isThere = (d: Dtype): boolean => hub?.weights[d] !== undefined;
    const dtype = chooseDtype(spec, this.#backend, isThere) ?? chooseDtype(spec, 'wasm', isThere) ?? spec.dtypes.wasm;
    const files = hub ? filesOf(hub, dtype) : [];
    return { dtype, sizeBytes: totalBytes(files), isApproximate: files.some((f) => f.isApproximate) };
  }
  /** Items per second that it reached on this machine; null before it has run long enough. */
  speed(spec: EncoderSpec): number | null {
    return this.#speeds.get(spec.id) ?? null;
  }
  noteSpeed(spec: EncoderSpec, itemsPerS: number): void {
    keepSpeed(spec.id, itemsPerS);
    this.#speeds = readSpeeds();
  }
  /** Null while no download of it runs; `waiting` before the first bytes. */
  progress(spec: EncoderSpec): FetchProgress | 'waiting' | null {
    if (!this.#fetching.has(spec.id)) return null;
    return this.#fetching.get(spec.id) ?? 'waiting';
  }

  failure(spec: EncoderSpec): ErrorText | null {
    return this.#failures.get(spec.id) ?? null;
  }

  /** Looks again what is on this machine and on this site. Fails softly: built-in encoders always work. */
  async refresh(): Promise<void> {
    const { models, backendHere } = this.#services;
    try {
      [this.#stored, this.#site, this.#backend] = await Promise.all([
        models.list(),
        models.onSite(),
        backendHere('auto'),
      ]);
    } catch (error) {
      this.#notices.fail(error);
    }
  }

  /** Downloads an encoder as a visible job. Asked for by the user only. True when it is there afterwards. */
  async fetch(spec: EncoderSpec): Promise<boolean> {
    const key = keyOf(spec);
    if (!key || !spec.hub || this.#fetching.has(spec.id)) return false;
    const files = filesOf(spec.hub, this.download(spec).dtype);
    const encoder = encoders.includes(spec) ? null : spec;
    this.#report(spec, null);
    this.#failures = new Map([...this.#failures].filter(([id]) => id !== spec.id));
    const stop = new AbortController();
    this.#stops.set(spec.id, stop);
    try {
      await this.#jobs.run(`Downloading ${spec.name}`, async (job) => {
        job.signal.addEventListener('abort', () => stop.abort(job.signal.reason));
        await this.#services.models.fetch({ key, files, encoder }, stop.signal, (progress) => {
          this.#report(spec, progress);
          job.update({ done: progress.done / Math.max(1, progress.total), total: 1, detail: progress.path });
        });
      });
      return true;
    } catch (error) {
      const words = describeError(error);
      if (words) this.#failures = new Map([...this.#failures, [spec.id, words]]);
      return false;
    } finally {
      this.#stops.delete(spec.id);
      this.#fetching = new Map([...this.#fetching].filter(([id]) => id !== spec.id));
      await this.refresh();
    }
  }

  /** Asks the hub about a repository that the user named and lists it. Rejects with the reason why it can't be used. */
  async inspect(name: string, modality: Modality): Promise<EncoderSpec> {
    const repository = parseRepository(name);
    if (repository === null) throw new WinnowError('hub-unknown', 'Its name has two parts');
    this.#found = await this.#jobs.run(`Asking the hub about ${repository}`, (job) =>
      this.#services.models.inspect(repository, modality, job.signal),
    );
    return this.#found;
  }

  /** Copies a folder with a model onto this machine. Rejects with the reason why it can't be used. */
  async addFolder(pick: () => Promise<Source>, modality: Modality): Promise<EncoderSpec> {
    const source = await pick();
    try {
      return await this.#jobs.run(`Copying ${source.name}`, (job) =>
        this.#services.models.addFolder(source, modality, job.signal, (done, total) =>
          job.update({ done: done / Math.max(1, total), total: 1 }),
        ),
      );
    } finally {
      await this.refresh();
    }
  }

  cancel(spec: EncoderSpec): void {
    this.#stops.get(spec.id)?.abort(new DOMException('Cancelled by the user.', 'AbortError'));
  }

  /** Removes an encoder's files from this machine; what was embedded with it stays. */
  async remove(spec: EncoderSpec): Promise<void> {
    const key = keyOf(spec);
    if (!key) return;
    try {
      await this.#services.models.remove(key);
    } catch (error) {
      this.#notices.fail(error);
    }
    if (this.#found?.id === spec.id) this.#found = null;
    await this.refresh();
  }

  #model(spec: EncoderSpec): StoredModel | undefined {
    const key = keyOf(spec);
    return this.#stored.find((m) => m.key.repository === key?.repository && m.key.revision === key.revision);
  }
  #report(spec: EncoderSpec, progress: FetchProgress | null): void {
    this.#fetching = new Map([...this.#fetching, [spec.id, progress]]);
  }
}

export function keyOf(spec: EncoderSpec): ModelKey | null {
  return spec.hub && { repository: spec.hub.repository, revision: spec.hub.revision };
}

/** The files of one number type are there. Where the spec knows no list, the settings and some weights must do. */
function hasAll(spec: EncoderSpec, paths: ReadonlySet<string>): boolean {
  const { hub } = spec;
  if (hub) return DTYPES.some((d) => hub.weights[d] !== undefined && filesOf(hub, d).every((f) => paths.has(f.path)));
  return paths.has('config.json') && DTYPES.some((d) => paths.has(weightsPath(d, spec.modelFile)));
}
