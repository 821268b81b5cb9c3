import { KEPT_MARK, type Build, type BuiltFile } from './build.ts';

const PREFIX = 'winnow-app-';
const INTEGRITY = 'winnow-integrity';
/** Entry of a cache that names the caches from before it. */
const OLDER = '/winnow-older';
/** What stays free for the user's own data, at the least: bytes, and times the size of the app. */
const SPARE_BYTES = 20e6;
const SPARE_TIMES = 2;

type Ask = (path: string, init: RequestInit) => Promise<Response>;
type Estimate = () => Promise<{ usage?: number; quota?: number }>;

/** The files of one build in a cache of their own. Answers carry the build's headers, whatever the host sends. */
export class AppCopy {
  readonly #caches: CacheStorage;
  readonly #build: Build;
  readonly #ask: Ask;
  readonly #estimate: Estimate;

  constructor(caches: CacheStorage, build: Build, ask: Ask, estimate: Estimate) {
    this.#caches = caches;
    this.#build = build;
    this.#ask = ask;
    this.#estimate = estimate;
  }

  get sizeBytes(): number {
    return this.#build.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }
  get #name(): string {
    return PREFIX + this.#build.version;
  }

  /**
   * Stores every file: those that an older build has from there, the others from the site. A file that is not the one of
   * this build is refused. Rejects when anything is missing; what has arrived is used by the next try. Returns the
   * addresses that were asked for.
   */
  async install(): Promise<string[]> {
    const cache = await this.#caches.open(this.#name);
    const missing: BuiltFile[] = [];
    for (const file of this.#build.files) if (!isOf(file, await cache.match(file.path))) missing.push(file);
    const bytes = missing.reduce((sum, file) => sum + file.sizeBytes, 0);
    const { usage = 0, quota = Infinity } = await this.#estimate();
    if (quota - usage < bytes + Math.max(SPARE_BYTES, SPARE_TIMES * bytes)) {
      await this.#caches.delete(this.#name);
      throw new Error('There is too little room for an offline copy beside the data of the user');
    }
    const asked: string[] = [];
    try {
      const keep = async (file: BuiltFile): Promise<void> => {
        let found = await this.#elsewhere(file);
        if (!found) {
          asked.push(file.path);
          found = await this.#fetch(file);
        }
        // Of a blob the browser knows the size: it refuses one that does not fit before it writes anything.
        await cache.put(file.path, new Response(await found.blob(), { headers: this.#headers(file) }));
      };
      // The largest first and alone: where it does not fit, the others take no room from the user's data in between.
      const [largest, ...others] = missing.sort((a, b) => b.sizeBytes - a.sizeBytes);
      if (largest) await keep(largest);
      await Promise.all(others.map(keep));
    } catch (error) {
      if ((error as Partial<Error>).name === 'QuotaExceededError') await this.#caches.delete(this.#name);
      throw error;
    }
    return asked;
  }

  /** Notes which caches are from before this build, to be removed when nobody runs them any more. */
  async activate(): Promise<void> {
    const older = (await this.#caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== this.#name);
    await (await this.#caches.open(this.#name)).put(OLDER, new Response(JSON.stringify(older)));
  }

  /** Removes the builds from before. To be called when every open page runs this one. */
  async tidy(): Promise<void> {
    const noted = await (await this.#caches.open(this.#name)).match(OLDER);
    const older: unknown = noted ? await noted.json() : [];
    if (Array.isArray(older)) await Promise.all(older.map((name) => this.#caches.delete(String(name))));
  }

  /** A file of this build; from the site where the cache has lost it. */
  async answer(path: string): Promise<Response> {
    const found = await (await this.#caches.open(this.#name)).match(path);
    if (found) return found;
    const file = this.#build.files.find((f) => f.path === path);
    const answer = await this.#ask(path, {});
    if (!file || !answer.ok) return answer;
    const headers = this.#headers(file);
    headers.delete('Server-Timing');
    return new Response(answer.body, { headers });
  }

  /** A file of a build from before; from the site where none has it. */
  async older(path: string): Promise<Response> {
    for (const name of await this.#others()) {
      const found = await (await this.#caches.open(name)).match(path);
      if (found) return found;
    }
    return this.#ask(path, {});
  }

  async #others(): Promise<string[]> {
    return (await this.#caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== this.#name);
  }
  async #elsewhere(file: BuiltFile): Promise<Response | null> {
    for (const name of await this.#others()) {
      const found = await (await this.#caches.open(name)).match(file.path);
      if (found && isOf(file, found)) return found;
    }
    return null;
  }
  /** Names in `assets/` change with their content, so what the browser has of them already will do. */
  async #fetch({ path, integrity }: BuiltFile): Promise<Response> {
    const cache = path.startsWith('/assets/') ? 'default' : 'no-cache';
    const answer = await this.#ask(path, { cache, integrity, credentials: 'same-origin' });
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
    return answer;
  }
  #headers({ contentType, sizeBytes, integrity, headers }: BuiltFile): Headers {
    return new Headers({
      ...this.#build.headers[headers],
      'Content-Type': contentType,
      'Content-Length': String(sizeBytes),
      'Server-Timing': KEPT_MARK,
      [INTEGRITY]: integrity,
    });
  }
}

function isOf(file: BuiltFile, answer: Response | undefined): boolean {
  return answer?.headers.get(INTEGRITY) === file.integrity;
}
