import { encoders } from '../encoders/index.ts';
import { filesOf, totalBytes, type Dtype, type EncoderSpec } from '../encoders/spec.ts';
import { WinnowError } from '../domain/errors.ts';
import type { Modality } from '../domain/item.ts';
import { parseRepository } from '../loop/check-model.ts';
import { precisionInUse, type Precision } from '../loop/embedding-key.ts';
import type { SiteModel, Source } from '../loop/app-ports.ts';
import {
  asServed,
  dtypeToFetch,
  keyOf,
  leftovers,
  placeOf,
  removable,
  storedBytes,
  type ComputesOn,
  type EncoderPlace,
} from '../loop/model-place.ts';
import type { FetchProgress, ModelKey, RemovedPart, StoredModel } from '../loop/model-ports.ts';
import type { EmbeddingKey } from '../loop/storage-ports.ts';
import type { ErrorText } from './error-texts.ts';
import type { ProjectSession } from './project.svelte.ts';
import { keepSpeed, readSpeeds } from './speeds.ts';

/** Words are always embedded on the processor. */
const WORDS_ON: ComputesOn = { backend: 'wasm', hasHalf: false };

/** Every encoder there is, where its files are, and getting or removing them. */
export class EncoderLibrary {
  readonly #session: ProjectSession;
  #stored = $state.raw<readonly StoredModel[]>([]);
  #site = $state.raw<{ models: readonly SiteModel[]; encoders: readonly EncoderSpec[] }>({ models: [], encoders: [] });
  /** A repository that the user has named; listed until the project is closed or it is downloaded. */
  #found = $state.raw<EncoderSpec | null>(null);
  #speeds = $state.raw<ReadonlyMap<string, number>>(readSpeeds());
  readonly #unlisten: () => void;
  /** Where this project's encoders compute. */
  #on = $state.raw<ComputesOn>({ backend: 'wasm', hasHalf: false });
  /** Sets of embeddings that the project has. */
  #keys = $state.raw<readonly EmbeddingKey[]>([]);

  constructor(session: ProjectSession) {
    this.#session = session;
    this.#unlisten = session.downloads.onEnd(() => this.refresh());
  }

  /** Those of the app, of the site, then those that the user brought. */
  readonly all: readonly EncoderSpec[] = $derived.by(() => {
    const brought = this.#stored.flatMap((m) => m.encoders);
    const found = this.#found && !brought.some((e) => e.id === this.#found?.id) ? [this.#found] : [];
    const own = encoders.map((e) => asServed(e, { stored: this.#stored, site: this.#site.models }));
    return [...own, ...this.#site.encoders, ...brought, ...found];
  });
  readonly #at = $derived.by(() => ({ stored: this.#stored, site: this.#site.models, encoders: this.all }));
  /** Stored files that belong to no encoder here. */
  readonly leftovers: readonly StoredModel[] = $derived.by(() => leftovers(this.#at));

  byId(id: string): EncoderSpec | undefined {
    return this.all.find((e) => e.id === id);
  }
  /** Where the files are that this project needs of it. */
  place(spec: EncoderSpec): EncoderPlace {
    return placeOf(spec, this.#precision(spec), this.#at);
  }
  /** True where it can embed now, without a download. */
  isReady(spec: EncoderSpec): boolean {
    return ['built-in', 'machine', 'site'].includes(this.place(spec));
  }
  /** What lies on this machine of it. */
  storedBytes(spec: EncoderSpec): number {
    return storedBytes(spec, this.#at);
  }
  /** The number type that this project needs on this machine, and what it takes to download. */
  download(spec: EncoderSpec): { dtype: Dtype; sizeBytes: number; isApproximate: boolean } {
    const { hub } = spec;
    const dtype = dtypeToFetch(spec, this.#precision(spec), this.#isForWords(spec) ? WORDS_ON : this.#on);
    const files = hub ? filesOf(hub, dtype) : [];
    return { dtype, sizeBytes: totalBytes(files), isApproximate: files.some((f) => f.isApproximate) };
  }
  /** Items per second that it reached on this machine; null before it has run long enough. */
  speed(spec: EncoderSpec): number | null {
    return this.#speeds.get(this.#speedKey(spec)) ?? null;
  }
  noteSpeed(spec: EncoderSpec, itemsPerS: number): void {
    keepSpeed(this.#speedKey(spec), itemsPerS);
    this.#speeds = readSpeeds();
  }
  /** Null while no download of it runs, whichever project asked for it; `waiting` before the first bytes. */
  progress(spec: EncoderSpec): FetchProgress | 'waiting' | null {
    return this.#session.downloads.progress(spec);
  }
  failure(spec: EncoderSpec): ErrorText | null {
    return this.#session.downloads.failure(spec);
  }
  cancel(spec: EncoderSpec): void {
    this.#session.downloads.cancel(spec);
  }
  /** Hears of no more downloads. */
  close(): void {
    this.#unlisten();
  }

  /** Looks again what is on this machine and on this site. Fails softly and by part: built-in encoders always work. */
  async refresh(): Promise<void> {
    const { services, state, storage, id } = this.#session;
    const { models, backendHere, hasHalfHere } = services;
    const { backend } = state.settings;
    const part = <T>(work: Promise<T>, take: (value: T) => void): Promise<void> =>
      work.then(take).catch((error: unknown) => this.#session.fail(error));
    await Promise.all([
      part(models.list(), (stored) => (this.#stored = stored)),
      part(models.onSite(), (site) => (this.#site = site)),
      part(Promise.all([backendHere(backend), hasHalfHere(backend)]), ([on, hasHalf]) => {
        this.#on = { backend: on, hasHalf };
      }),
      part(storage.embeddings.keys(id), (keys) => (this.#keys = keys)),
    ]);
  }

  /** Downloads an encoder as a visible job. Asked for by the user only. True when it is there afterwards. */
  async fetch(spec: EncoderSpec): Promise<boolean> {
    const key = keyOf(spec);
    if (!key || !spec.hub) return false;
    const files = filesOf(spec.hub, this.download(spec).dtype);
    const encoder = encoders.some((e) => e.id === spec.id) ? null : spec;
    return this.#session.downloads.run(spec, { key, files, encoder });
  }

  /** Asks the hub about a repository that the user named and lists it. Rejects with the reason why it can't be used. */
  async inspect(name: string, modality: Modality): Promise<EncoderSpec> {
    const repository = parseRepository(name);
    if (repository === null) throw new WinnowError('hub-unknown', 'Its name has two parts');
    this.#found = await this.#session.jobs.run(`Asking the hub about ${repository}`, (job) =>
      this.#session.services.models.inspect(repository, modality, job.signal),
    );
    return this.#found;
  }

  /** Copies a folder with a model onto this machine. Rejects with the reason why it can't be used. */
  async addFolder(pick: () => Promise<Source>, modality: Modality): Promise<EncoderSpec> {
    const source = await pick();
    try {
      return await this.#session.jobs.run(`Copying ${source.name}`, (job) =>
        this.#session.services.models.addFolder(source, modality, job.signal, (done, total) =>
          job.update({ done: done / Math.max(1, total), total: 1 }),
        ),
      );
    } finally {
      await this.refresh();
    }
  }

  /** Removes an encoder's files from this machine; what was embedded with it stays, and so does the other half of a pair. */
  async remove(spec: EncoderSpec): Promise<void> {
    const key = keyOf(spec);
    if (!key) return;
    await this.#remove(key, { paths: removable(spec, this.#at), encoder: spec.id });
    if (this.#found?.id === spec.id) this.#found = null;
  }
  async removeLeftover(model: StoredModel): Promise<void> {
    await this.#remove(model.key);
  }
  async #remove(key: ModelKey, only?: RemovedPart): Promise<void> {
    try {
      await this.#session.services.models.remove(key, only);
    } catch (error) {
      this.#session.fail(error);
    }
    await this.refresh();
  }

  /** Of the embeddings that this project computes with it. */
  #precision(spec: EncoderSpec): Precision {
    const { encoding } = this.#session;
    // Words are compared with the items of a project: their half computes with the same numbers as the other.
    const items = this.#isForWords(spec) ? this.all.find((e) => e.words?.encoder === spec.id) : undefined;
    const own = items ?? spec;
    if (own.id === encoding.selected.id) return encoding.precision;
    return precisionInUse(own, this.#keys, this.#on.backend);
  }
  /** By encoder and place: a graphics card and the processor are worlds apart. */
  #speedKey(spec: EncoderSpec): string {
    return `${spec.id} ${this.#precision(spec) === 'q8' ? 'wasm' : this.#on.backend}`;
  }
  #isForWords(spec: EncoderSpec): boolean {
    return spec.modality !== this.#session.modality;
  }
}
