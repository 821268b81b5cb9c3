import { KEPT_MARK } from './build.ts';

const NAME = 'winnow-site-1';
const LIST = '/models/index.json';
/** A file is kept only where this many times its size is free. */
const SPARE_TIMES = 4;
/** Headers that say whether a file has changed. */
const SIGNS = ['content-length', 'etag', 'last-modified'];

type Ask = (request: Request) => Promise<Response>;
type Estimate = () => Promise<{ usage?: number; quota?: number }>;
type Listed = readonly { readonly path: string; readonly files: Readonly<Record<string, number>> }[];

/**
 * Encoders that the site serves: from the network, and from what was kept of it when it was last used where there is none.
 * Without a network the list names only those that can be used.
 */
export class SiteCopy {
  readonly #caches: CacheStorage;
  readonly #ask: Ask;
  readonly #estimate: Estimate;

  constructor(caches: CacheStorage, ask: Ask, estimate: Estimate) {
    this.#caches = caches;
    this.#ask = ask;
    this.#estimate = estimate;
  }

  /** @param later keeps the worker alive until what it is given is done */
  async list(request: Request, later: (work: Promise<unknown>) => void): Promise<Response> {
    try {
      const answer = await this.#ask(request);
      if (answer.ok) later(this.#store(LIST, answer.clone()));
      return answer;
    } catch {
      return this.#usable(); // There is no network.
    }
  }

  async file(request: Request, path: string, later: (work: Promise<unknown>) => void): Promise<Response> {
    try {
      const answer = await this.#ask(request);
      if (answer.status === 200) later(this.#keep(path, answer.clone()));
      return answer;
    } catch (error) {
      const kept = await (await this.#caches.open(NAME)).match(path);
      if (!kept) throw error;
      return marked(kept);
    }
  }

  async #keep(path: string, answer: Response): Promise<void> {
    const known = await (await this.#caches.open(NAME)).match(path);
    if (known && SIGNS.every((sign) => known.headers.get(sign) === answer.headers.get(sign))) return;
    const { usage = 0, quota = Infinity } = await this.#estimate();
    if (quota - usage < SPARE_TIMES * Number(answer.headers.get('content-length') ?? 0)) return;
    await this.#store(path, answer);
  }
  async #store(path: string, answer: Response): Promise<void> {
    try {
      await (await this.#caches.open(NAME)).put(path, answer);
    } catch {
      // Cut off, or there is no room: it is fetched again the next time.
    }
  }

  /** The last list, without the encoders of which something that they need is not kept. */
  async #usable(): Promise<Response> {
    const cache = await this.#caches.open(NAME);
    const list = (await (await cache.match(LIST))?.json()) as Listed | undefined;
    const usable: Listed[number][] = [];
    for (const model of list ?? []) {
      const isKept = async (file: string) => (await cache.match(`/models/${model.path}/${file}`)) !== undefined;
      const areKept = async (files: readonly string[]) => (await Promise.all(files.map(isKept))).every(Boolean);
      const weights = Object.keys(model.files).filter((file) => file.endsWith('.onnx'));
      const keptWeights = await Promise.all(
        weights.map((file) => areKept([file, ...[`${file}_data`].filter((data) => data in model.files)])),
      );
      // A folder with both halves of a pair has files for words and for pictures; either half can be used alone.
      const readsWords = await areKept(['tokenizer.json', 'tokenizer_config.json']);
      const readsInputs = readsWords || (await areKept(['preprocessor_config.json']));
      if (readsInputs && (await areKept(['config.json'])) && keptWeights.includes(true)) usable.push(model);
    }
    return marked(new Response(JSON.stringify(usable), { headers: { 'Content-Type': 'application/json' } }));
  }
}

function marked(answer: Response): Response {
  const headers = new Headers(answer.headers);
  headers.set('Server-Timing', KEPT_MARK);
  return new Response(answer.body, { headers });
}
