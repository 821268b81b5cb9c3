import { createReadStream, cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { contentType, fileBelow } from '../../../scripts/http.mjs';
import { describeBuild, SERVICE_WORKER, serviceWorker } from '../../../scripts/offline-copy.ts';

export interface Host {
  readonly url: string;
  /** Paths that were asked for, since this list was last emptied. */
  readonly asked: string[];
  /** Serves another folder from now on. */
  root: string;
  close(): Promise<void>;
}

/** A host that sends files and their type and no other header, as many static hosts do. */
export async function plainHost(root = resolve('dist'), port = 0): Promise<Host> {
  const host = { url: '', asked: [] as string[], root, close: () => Promise.resolve() };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host.test');
    host.asked.push(pathname);
    const file = fileBelow([host.root], pathname === '/' ? 'index.html' : pathname.slice(1));
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': contentType(extname(file)), 'Content-Length': statSync(file).size });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  host.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  host.close = () =>
    new Promise((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  return host;
}

/** A later build: the same app under another title. */
export function laterBuild(folder: string): Promise<string> {
  return buildWith(folder, 'index.html', (page) =>
    page.replace('<html lang="en"', '<html lang="en" data-build="later"'),
  );
}

/** A build of which one file is another. */
export async function buildWith(folder: string, file: string, change: (text: string) => string): Promise<string> {
  cpSync(resolve('dist'), folder, { recursive: true });
  const path = join(folder, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  writeFileSync(join(folder, SERVICE_WORKER), await serviceWorker(describeBuild(folder)));
  return folder;
}
