import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import type { BrowserContext } from '@playwright/test';

/** What a request for a file meets: the connection breaks after so many bytes, is refused, or nothing more comes. */
export type Mishap = number | 'refused' | 'stalled';

const hex = (algorithm: string, ...parts: (string | Buffer)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest('hex');

/**
 * Imitates the hub: a listing with sizes and digests, small files from the same address, large ones after a redirect to
 * another port, ranges, no answer to preflights. Mishaps are taken by the requests for large files, one each.
 */
export class FakeHub {
  readonly asked: { path: string; range: string | null; origin: string | null; method: string }[] = [];
  readonly mishaps: Mishap[] = [];
  /** Files that are sent with another first byte than announced. */
  readonly wrong = new Set<string>();
  /** Files that are listed and not there. */
  readonly missing = new Set<string>();
  /** True imitates hubs that answer only pages with an address. */
  refusesNull = false;
  readonly #folders: ReadonlyMap<string, string>;
  readonly #hub: Server;
  readonly #files: Server;

  private constructor(folders: ReadonlyMap<string, string>) {
    this.#folders = folders;
    this.#hub = createServer((request, response) => this.#answer(request, response));
    this.#files = createServer((request, response) => this.#sendLarge(request, response));
  }

  /** @param folders repository (`owner/name`) to a folder with its files */
  static async start(folders: Record<string, string>): Promise<FakeHub> {
    const hub = new FakeHub(new Map(Object.entries(folders)));
    for (const server of [hub.#hub, hub.#files]) {
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    }
    return hub;
  }
  get url(): string {
    return addressOf(this.#hub);
  }

  /** A page or a policy of the app in which this hub takes the place of the real one. */
  here(text: string): string {
    return text.replaceAll('https://huggingface.co', this.url).replaceAll('https://*.hf.co', addressOf(this.#files));
  }

  /** Lets the download document of this browser ask here instead of the real hub. */
  async standInFor(context: BrowserContext): Promise<void> {
    await context.route('**/download.html', async (route) => {
      // The service worker keeps the real document; a frame without an origin never gets it from there.
      if (route.request().serviceWorker()) return route.continue();
      const response = await route.fetch();
      const headers = Object.fromEntries(Object.entries(response.headers()).map(([k, v]) => [k, this.here(v)]));
      delete headers['content-length'];
      await route.fulfill({ response, headers, body: this.here(await response.text()) });
    });
  }

  async close(): Promise<void> {
    for (const server of [this.#hub, this.#files]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://hub.test');
    this.#note(request, pathname);
    if (!this.#allow(request, response)) return;
    const listing = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(pathname);
    if (listing) return this.#list(listing[1] ?? '', listing[2] ?? '', response);
    const [, repository = '', path = ''] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(pathname) ?? [];
    const bytes = this.#read(repository, path);
    if (!bytes) return refuse(response, 404);
    if (path.endsWith('.onnx')) {
      response.writeHead(302, { Location: `${addressOf(this.#files)}/${repository}/${path}` }).end();
    } else response.end(bytes);
  }

  #list(repository: string, revision: string, response: ServerResponse): void {
    const folder = this.#folders.get(repository);
    if (!folder) return refuse(response, 401);
    const siblings = filesBelow(folder).map((file) => {
      const bytes = readFileSync(file);
      const rfilename = relative(folder, file);
      const common = { rfilename, size: bytes.length, blobId: hex('sha1', `blob ${bytes.length}\0`, bytes) };
      if (!rfilename.endsWith('.onnx')) return common;
      return { ...common, lfs: { sha256: hex('sha256', bytes), size: bytes.length, pointerSize: 134 } };
    });
    const sha = /^[0-9a-f]{40}$/.test(revision) ? revision : hex('sha1', repository);
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ id: repository, sha, siblings }));
  }

  #sendLarge(request: IncomingMessage, response: ServerResponse): void {
    const [owner = '', name = '', ...path] = (request.url ?? '/').slice(1).split('/');
    this.#note(request, path.join('/'));
    if (!this.#allow(request, response)) return;
    const all = this.#read(`${owner}/${name}`, path.join('/'));
    if (!all) return refuse(response, 404);
    const mishap = this.mishaps.shift();
    if (mishap === 'refused') return void request.socket.destroy();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const bytes = all.subarray(from);
    if (from > 0) response.setHeader('Content-Range', `bytes ${from}-${all.length - 1}/${all.length}`);
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': bytes.length });
    if (mishap === undefined) response.end(bytes);
    else if (mishap === 'stalled') response.write(bytes.subarray(0, 100_000));
    else response.write(bytes.subarray(0, mishap), () => setTimeout(() => request.socket.destroy(), 200));
  }

  /** The answer may be read by any page, as the hub does it: by repeating the page's address. */
  #allow(request: IncomingMessage, response: ServerResponse): boolean {
    const origin = request.headers.origin ?? '';
    if (request.method !== 'GET') refuse(response, 403);
    else if (!(this.refusesNull && origin === 'null')) response.setHeader('Access-Control-Allow-Origin', origin);
    return request.method === 'GET';
  }
  #note(request: IncomingMessage, path: string): void {
    const { range = null, origin = null } = request.headers;
    this.asked.push({ path, range, origin, method: request.method ?? '' });
  }
  #read(repository: string, path: string): Buffer | null {
    const folder = this.#folders.get(repository);
    const file = folder && filesBelow(folder).find((f) => relative(folder, f) === path);
    if (!file) return null;
    if (this.missing.has(path)) return null;
    const bytes = readFileSync(file);
    if (this.wrong.has(path)) bytes[0] = (bytes[0] ?? 0) ^ 1;
    return bytes;
  }
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
