import type { ItemId } from '../domain/ids.ts';
import { WinnowError } from '../domain/errors.ts';
import type { BackendChoice, ProjectSettings } from '../domain/events.ts';
import { embedItems } from '../loop/embed-items.ts';
import { loadMatrix, truncatedIn } from '../loop/stored-embeddings.ts';
import { embeddingKey, precisionInUse, type Precision } from '../loop/embedding-key.ts';
import type { EncoderInfo } from '../loop/encoder-ports.ts';
import { encodersFor } from '../encoders/index.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import { EncoderInputs } from './encoder-inputs.ts';
import { EncoderTrial, type TrialOf } from './encoder-trial.svelte.ts';
import { PoolLearning } from './pool-learning.svelte.ts';
import type { ProjectSession } from './project.svelte.ts';
import { SingleWork } from './single-work.svelte.ts';

/** Seconds of embedding that need no question. */
const LONG_S = 60;
/** Items of a run after which its speed counts as measured. */
const ENOUGH_FOR_SPEED = 32;

/** Embeddings of the project's items under the chosen encoder. */
export class EncodingState {
  readonly #session: ProjectSession;
  readonly #inputs: EncoderInputs;
  readonly #trial: EncoderTrial;
  readonly learning: PoolLearning;
  #ids = $state.raw<ReadonlySet<ItemId>>(new Set());
  #info = $state.raw<EncoderInfo | null>(null);
  /** Of the stored embeddings, or of those to come. */
  #precision = $state<Precision>('fp32');
  /** Items that can't be embedded in this session (missing or unreadable), with their reason. */
  #failed = $state.raw<ReadonlyMap<ItemId, string>>(new Map());
  /** Texts that are longer than the encoder reads. */
  #truncated = $state.raw<ReadonlySet<ItemId>>(new Set());
  readonly #work = new SingleWork();
  /** What was asked for and is not done yet: to embed everything, or only if a trial says that it is quick. */
  #aim: 'all' | 'quick' | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(session: ProjectSession) {
    this.#session = session;
    this.#inputs = new EncoderInputs(session);
    this.#trial = new EncoderTrial(session, this.#inputs);
    this.learning = new PoolLearning(session);
  }

  /** Every encoder for these items, wherever its files are. */
  readonly encoders: readonly EncoderSpec[] = $derived.by(() =>
    this.#session.encoderLibrary.all.filter((e) => e.modality === this.#session.modality),
  );
  /** Those that can embed now, and the chosen one. */
  readonly ready: readonly EncoderSpec[] = $derived.by(() =>
    this.encoders.filter((e) => e.id === this.selected.id || this.#session.encoderLibrary.isReady(e)),
  );
  readonly selected: EncoderSpec = $derived.by(() => {
    const id = this.#session.state.settings.encoder;
    const spec = this.#session.encoderLibrary.byId(id) ?? encodersFor(this.#session.modality)[0];
    if (!spec) throw new WinnowError('encoder-missing', id);
    const { learning } = this.#session.state.settings;
    return learning === undefined || spec.runtime === 'transformers' ? spec : { ...spec, learning };
  });
  /** Name of the encoder that the project was embedded with when it is not here any more, else null. */
  readonly lost: string | null = $derived.by(() => {
    const id = this.#session.state.settings.encoder;
    return id === this.selected.id ? null : id.replace(/^\w+:/, '').replace(/@.*/, '');
  });
  readonly key: string = $derived.by(() => embeddingKey(this.selected, this.#precision));
  readonly total: number = $derived.by(() => this.#session.items.length);
  readonly embedded: number = $derived.by(() => this.#session.items.filter((i) => this.#ids.has(i.id)).length);
  /** Every item that can be embedded is; false while there are no items. */
  readonly isComplete: boolean = $derived.by(
    () => this.total > 0 && this.embedded > 0 && this.embedded + this.failed >= this.total,
  );
  /** What could not be embedded, by path, with the reason. */
  readonly failures: readonly { path: string; reason: string }[] = $derived.by(() =>
    this.#session.items.flatMap((item) => {
      const reason = this.#failed.get(item.id);
      return reason === undefined || this.#ids.has(item.id) ? [] : [{ path: item.paths[0] ?? '', reason }];
    }),
  );
  readonly failed: number = $derived(this.failures.length);
  /** Texts of which only the beginning counts. */
  readonly truncated: number = $derived.by(
    () => this.#session.items.filter((item) => this.#truncated.has(item.id)).length,
  );

  /** Of the stored embeddings. */
  get precision(): Precision {
    return this.#precision;
  }
  get info(): EncoderInfo | null {
    return this.#info;
  }
  get isRunning(): boolean {
    return this.#work.isRunning;
  }
  has(id: ItemId): boolean {
    return this.#ids.has(id);
  }

  /** Seconds that embedding what is missing takes here, by a trial; null where none was made. */
  readonly expectedS: number | null = $derived.by(() => {
    const rate = this.#trial.tuning?.ratePerS ?? 0;
    return rate > 0 ? (this.total - this.embedded) / rate : null;
  });

  /** Reads which items have an embedding under the chosen encoder. One after another: the last one sees the last choice. */
  refresh(): Promise<void> {
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read(): Promise<void> {
    const { services, state, storage, id } = this.#session;
    const spec = this.selected;
    const keys = await storage.embeddings.keys(id);
    this.#precision = precisionInUse(spec, keys, await services.backendHere(state.settings.backend));
    this.#trial.recall(this.#chosen);
    this.#ids = new Set(await storage.embeddings.ids(id, this.key));
    const noted = await storage.embeddings.getEncoderState(id, this.key);
    this.#truncated = new Set(this.selected.runtime === 'transformers' ? truncatedIn(noted) : []);
    this.learning.note(this.selected, noted);
  }

  /**
   * Changes the encoder: labels stay, embeddings of each encoder are kept apart. What takes long waits for a word of the
   * user, who can see by then how long.
   */
  async select(id: string): Promise<void> {
    if (!this.#work.isChanging && id === this.#session.state.settings.encoder) return;
    this.#aim = 'quick';
    await this.#change({ encoder: id });
  }

  /** Lets the encoder learn from all items and embeds them again; labels stay, and a new model follows, as with another encoder. */
  async learnAgain(): Promise<void> {
    if (this.#session.isReadOnly || this.learning.learntFrom === null || this.isRunning) return;
    this.#aim = 'all';
    await this.#change({ learning: (this.#session.state.settings.learning ?? 1) + 1 });
  }

  /** Changes where it runs; what is under way goes on there. */
  async runOn(backend: BackendChoice): Promise<void> {
    await this.#change({ backend });
  }

  /** Of several changes at once the last goes on, as the settings say then. */
  async #change(settings: Partial<ProjectSettings>): Promise<void> {
    const isLast = await this.#work.change(async () => {
      if (settings.encoder !== undefined || settings.learning !== undefined) {
        // Nothing is embedded under the new key until it is looked up: the loop must not go on with the old numbers.
        this.#ids = new Set();
        this.#failed = new Map();
      }
      await this.#session.changeSettings(settings);
      await this.refresh();
    });
    if (isLast) await this.#pursue();
  }

  get #chosen(): TrialOf {
    return { spec: this.selected, key: this.key, precision: this.#precision };
  }

  /** Embeds what is missing, as a visible job that can be cancelled and goes on where it stopped. */
  async run(): Promise<void> {
    if (this.isRunning || this.isComplete) return;
    if (this.learning.isFresh && this.learning.isWorthAgain) return await this.learnAgain();
    this.#aim = 'all';
    await this.#pursue();
  }

  /**
   * Goes on by itself in a project that is being labelled: what could not be embedded is not remembered, and without a
   * look at it no batch would open. A folder that must be asked for first is not looked at.
   */
  async resume(): Promise<void> {
    const { state, data, encoderLibrary } = this.#session;
    const isWaiting = state.rounds.length === 0 || data.folderAccess === 'needs-permission';
    if (!isWaiting && this.embedded > 0 && encoderLibrary.isReady(this.selected)) await this.run();
  }

  /** Tries again what could not be embedded: a folder can be read now. */
  async runAgain(): Promise<void> {
    this.#failed = new Map();
    await this.run();
  }

  async #pursue(): Promise<void> {
    const s = this.#session;
    if (this.#aim === null || !this.#work.canStart) return;
    if (s.isReadOnly || s.items.length === 0 || this.isComplete) {
      this.#aim = null;
      return;
    }
    await this.#work.start(async (stop) => {
      const isTried = await this.#trial.make(this.#chosen, stop);
      const isWanted = this.#aim === 'all' || (this.expectedS ?? 0) <= LONG_S;
      if (isTried && isWanted) await this.#embed(stop);
      // What a change has stopped goes on after it.
      if (!this.#work.isChanging) this.#aim = null;
    });
    if (this.#work.canStart) s.advance();
  }

  async #embed(stop: AbortController): Promise<void> {
    const encoder = this.#session.services.newEncoder();
    const { backend } = this.#session.state.settings;
    try {
      await this.#session.jobs.run(`Embedding with ${this.selected.name}`, async (job) => {
        job.signal.addEventListener('abort', () => stop.abort(job.signal.reason));
        const before = this.embedded;
        this.#inputs.begin();
        const spec = this.selected;
        let rate = 0;
        const result = await embedItems({
          encoder,
          spec,
          plan: this.#trial.tuning?.plan ?? { backend, precision: this.#precision, threads: null, batch: null },
          store: this.#session.storage.embeddings,
          project: this.#session.id,
          items: this.#session.items,
          load: (items) => this.#inputs.of(items),
          signal: stop.signal,
          onInfo: (info) => {
            this.#info = info;
            if (info.fallback) this.#session.notices.tellOfFallback(info.fallback);
          },
          onFallback: (sentence) => this.#session.notices.tellOfFallback(sentence),
          onProgress: (p) => {
            job.update(p);
            if (p.ratePerS > 0 && p.done - before >= ENOUGH_FOR_SPEED) rate = p.ratePerS;
          },
          onTruncated: (ids) => {
            this.#truncated = new Set(ids);
          },
          onStored: (ids) => {
            this.#ids = new Set([...this.#ids, ...ids]);
          },
        });
        if (rate > 0) this.#session.encoderLibrary.noteSpeed(spec, rate);
        this.#inputs.tellOfPreviews();
        this.#failed = new Map(result.failed.map((f) => [f.item, f.reason]));
        await this.learning.tidy(spec, this.key, this.isComplete);
      });
    } catch (error) {
      this.#session.fail(error);
    } finally {
      encoder.stop();
    }
  }

  /** All embeddings as one row-major matrix by item row; rows without an embedding are zero. */
  async matrix(): Promise<{ data: Float32Array; dim: number }> {
    const { data, dim } = await loadMatrix(
      this.#session.storage.embeddings,
      this.#session.id,
      this.key,
      this.#session.items,
    );
    return { data, dim };
  }

  /** Nothing is embedded from now on: another tab may write. Resolves when nothing is written any more. */
  close(): Promise<void> {
    return this.#work.close();
  }
}
