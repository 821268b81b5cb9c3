import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { WinnowError } from '../domain/errors.ts';
import { embedItems, embeddingKey, loadMatrix } from '../loop/embed-items.ts';
import type { EncodeInput, EncoderInfo } from '../loop/ports.ts';
import { encodersFor } from '../encoders/index.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Items of a run after which its speed counts as measured. */
const ENOUGH_FOR_SPEED = 32;

/** Embeddings of the project's items under the chosen encoder. */
export class EncodingState {
  readonly #session: ProjectSession;
  #ids = $state.raw<ReadonlySet<ItemId>>(new Set());
  #info = $state.raw<EncoderInfo | null>(null);
  #isRunning = $state(false);
  /** Items that can't be embedded in this session (missing or unreadable), with their reason. */
  #failed = $state.raw<ReadonlyMap<ItemId, string>>(new Map());
  /** Ends the run under way; it is silent, as a cancel by the user is. */
  #stop: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** Every encoder for these items, wherever its files are. */
  readonly encoders: readonly EncoderSpec[] = $derived.by(() =>
    this.#session.library.all.filter((e) => e.modality === this.#session.modality),
  );
  /** Those that can embed now, and the chosen one. */
  readonly ready: readonly EncoderSpec[] = $derived.by(() =>
    this.encoders.filter((e) => e.id === this.selected.id || this.#session.library.isReady(e)),
  );
  readonly selected: EncoderSpec = $derived.by(() => {
    const id = this.#session.state.settings.encoder;
    const spec = this.#session.library.byId(id) ?? encodersFor(this.#session.modality)[0];
    if (!spec) throw new WinnowError('encoder-missing', id);
    return spec;
  });
  /** Name of the encoder that the project was embedded with when it is not here any more, else null. */
  readonly lost: string | null = $derived.by(() => {
    const id = this.#session.state.settings.encoder;
    return id === this.selected.id ? null : id.replace(/^\w+:/, '').replace(/@.*/, '');
  });
  readonly key: string = $derived.by(() => embeddingKey(this.selected));
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

  get info(): EncoderInfo | null {
    return this.#info;
  }
  get isRunning(): boolean {
    return this.#isRunning;
  }
  has(id: ItemId): boolean {
    return this.#ids.has(id);
  }

  /** Reads which items have an embedding under the chosen encoder. */
  async refresh(): Promise<void> {
    this.#ids = new Set(await this.#session.storage.embeddings.ids(this.#session.id, this.key));
  }

  /** Changes the encoder: labels stay, embeddings of each encoder are kept apart. */
  async select(id: string): Promise<void> {
    if (id === this.#session.state.settings.encoder) return;
    this.close();
    await this.#running;
    await this.#session.changeSettings({ encoder: id });
    this.#failed = new Map();
    await this.refresh();
    await this.run();
  }

  /** Embeds what is missing, as a visible job that can be cancelled and goes on where it stopped. */
  async run(): Promise<void> {
    if (this.#isRunning || this.#session.isReadOnly || this.#session.items.length === 0 || this.isComplete) return;
    this.#isRunning = true;
    this.#running = this.#embed();
    await this.#running;
    this.#session.advance();
  }

  async #embed(): Promise<void> {
    const encoder = this.#session.services.newEncoder();
    const stop = new AbortController();
    this.#stop = stop;
    try {
      await this.#session.jobs.run(`Embedding with ${this.selected.name}`, async (job) => {
        job.signal.addEventListener('abort', () => stop.abort(job.signal.reason));
        const before = this.embedded;
        const spec = this.selected;
        let rate = 0;
        const result = await embedItems({
          encoder,
          spec,
          backend: this.#session.state.settings.backend,
          store: this.#session.storage.embeddings,
          project: this.#session.id,
          items: this.#session.items,
          load: (items) => this.#inputs(items),
          signal: stop.signal,
          onInfo: (info) => {
            this.#info = info;
            if (info.fallback) this.#session.fallbackNotice(info.fallback);
          },
          onProgress: (p) => {
            job.update(p);
            if (p.ratePerS > 0 && p.done - before >= ENOUGH_FOR_SPEED) rate = p.ratePerS;
          },
          onStored: (ids) => {
            this.#ids = new Set([...this.#ids, ...ids]);
          },
        });
        if (rate > 0) this.#session.library.noteSpeed(spec, rate);
        this.#failed = new Map(result.failed.map((f) => [f.item, f.reason]));
      });
    } catch (error) {
      this.#session.fail(error);
    } finally {
      encoder.stop();
      this.#stop = null;
      this.#isRunning = false;
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

  close(): void {
    this.#stop?.abort();
  }

  /** What the encoder reads of each item; null where it can't be read. */
  async #inputs(items: readonly Item[]): Promise<(EncodeInput | null)[]> {
    const { storage, id } = this.#session;
    const ids = items.map((i) => i.id);
    if (this.#session.modality === 'text') {
      const texts = await storage.items.texts(id, ids);
      return texts.map((text) => (text === null ? null : { text }));
    }
    return Promise.all(
      items.map(async (item) => {
        const image = (await this.#session.data.original(item)) ?? (await storage.items.thumb(id, item.id));
        return image ? { image } : null;
      }),
    );
  }
}
