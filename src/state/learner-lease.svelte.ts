import { WinnowError } from '../domain/errors.ts';
import type { BackendChoice, ModelTrained } from '../domain/events.ts';
import type { Head } from '../domain/head.ts';
import type { FittedHead, Learner, LearnerInfo } from '../loop/learner-ports.ts';
import type { ProjectSession } from './project.svelte.ts';

/**
 * The learner of one project, started when it is first needed: it holds the embeddings that there are and one head, and
 * does one task after another.
 */
export class LearnerLease {
  readonly #session: ProjectSession;
  #learner: Learner | null = null;
  #info = $state.raw<LearnerInfo | null>(null);
  /** What the learner holds: embeddings and the choice of a backend. */
  #loaded = '';
  #dim = 0;
  /** Version of the head that the learner holds. */
  #current: number | null = null;
  /** Of the heads that the learner has held. */
  readonly #thresholds = new Map<number, Float32Array | undefined>();
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** Where it computes; null before the first task. */
  get info(): LearnerInfo | null {
    return this.#info;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  /** The embeddings that there are now. */
  get embeddings(): string {
    const { encoding, items } = this.#session;
    return `${encoding.key}:${encoding.embedded}:${items.length}`;
  }
  /** True when the active head reads other embeddings than the chosen encoder gives. */
  get isOfOtherEncoder(): boolean {
    const model = this.#session.state.activeModel;
    return model !== null && model.encoder !== this.#session.encoding.key;
  }
  /** Version of the active checkpoint, where it reads these embeddings; else null. */
  get activeVersion(): number | null {
    return this.isOfOtherEncoder ? null : (this.#session.state.activeModel?.version ?? null);
  }
  /** Of a head that the learner has held, where an item can have several classes. */
  thresholds(version: number): Float32Array | undefined {
    return this.#thresholds.get(version);
  }

  /**
   * Runs a task with the embeddings and `head` in place; tasks run one after another. With `active` the task is told which
   * checkpoint that was when its turn came; null before the first, and while there is none for these embeddings. Rejects with an
   * `AbortError` when the project was closed, or when a given head is of other embeddings by then.
   */
  run<T>(
    task: (learner: Learner, active: ModelTrained | null) => Promise<T>,
    head: Head | 'active' | 'any' = 'any',
  ): Promise<T> {
    const run = this.#queue.then(async () => {
      const learner = await this.#ready();
      if (head === 'active') return task(learner, await this.#useActive(learner));
      if (head !== 'any') await this.#use(learner, head);
      return task(learner, null);
    });
    this.#queue = run.catch(() => undefined);
    return run.catch((error: unknown) => {
      if (isFatal(error)) this.#drop();
      throw error;
    });
  }

  /** Called by a task that has trained a head, before the next one's turn: the learner holds it from here on. */
  holds({ version, thresholds }: Head): void {
    this.#current = version;
    this.#thresholds.set(version, thresholds);
  }

  /** Ends the worker; no task runs afterwards. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  /** The learner, open and loaded with this project's embeddings. */
  async #ready(): Promise<Learner> {
    for (;;) {
      if (this.#isClosed) throw new DOMException('The project was closed.', 'AbortError');
      const { backend } = this.#session.state.settings;
      if (this.#learner && this.#loaded === `${this.embeddings}:${backend}`) return this.#learner;
      this.#drop();
      await this.#open(backend);
    }
  }

  async #open(backend: BackendChoice): Promise<void> {
    const s = this.#session;
    const learner = s.services.newLearner();
    this.#learner = learner;
    const info = await this.#still(learner, learner.open(backend));
    this.#info = info;
    if (info.fallback) s.notices.tellOfFallback(info.fallback);
    const [loaded, rows] = [`${this.embeddings}:${backend}`, s.items.length];
    const { data, dim } = await this.#still(learner, s.encoding.matrix());
    await this.#still(learner, learner.load(data, rows, dim));
    this.#dim = dim;
    this.#loaded = loaded;
    this.#current = null;
  }

  /** What a step brings, unless the learner was ended meanwhile: asked for more it would start another worker, for nobody. */
  async #still<T>(learner: Learner, step: Promise<T>): Promise<T> {
    const result = await step;
    if (this.#learner !== learner) throw new DOMException('The learner was ended.', 'AbortError');
    return result;
  }

  /** The active checkpoint, in place; null where there is none that reads these embeddings. */
  async #useActive(learner: Learner): Promise<ModelTrained | null> {
    const model = this.#session.state.activeModel;
    if (!model || this.isOfOtherEncoder) {
      if (this.#current !== null) await learner.use(null);
      this.#current = null;
      return null;
    }
    if (this.#current === model.version) return model;
    const stored = this.#session.storage.heads.get(this.#session.id, model.version);
    const head = await this.#still(learner, stored);
    if (!head) throw new WinnowError('learner-failed', `Checkpoint ${model.version} is not stored.`);
    await this.#use(learner, head);
    return model;
  }

  async #use(learner: Learner, head: Head): Promise<void> {
    if (this.#current === head.version) return;
    // Another one of the same width would take it, and give wrong answers.
    if (head.encoder !== this.#session.encoding.key) throw new DOMException('The encoder was changed.', 'AbortError');
    if (head.dim !== this.#dim) throw new WinnowError('learner-failed', 'The checkpoint belongs to another encoder.');
    const { dim, mean, scale, weights, bias, lambda, thresholds, hidden } = head;
    await learner.use({ dim, mean, scale, weights, bias, lambda, thresholds, hidden, fitMs: 0 } satisfies FittedHead);
    this.holds(head);
  }

  #drop(): void {
    this.#learner?.stop();
    this.#learner = null;
    this.#loaded = '';
    this.#current = null;
  }
}

function isFatal(error: unknown): boolean {
  return error instanceof WinnowError && ['worker-died', 'gpu-lost', 'learner-failed'].includes(error.code);
}
