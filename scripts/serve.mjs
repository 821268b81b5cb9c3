import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, resolve, sep } from 'node:path';
import { contentType, fileBelow, headersFor, modelsBelow, modelsRoots, SECURITY_HEADERS } from './http.mjs';

/**
 * Serves the built app. Resolves with the address and a function that stops it.
 * @param {{ port?: number, root?: string }} [options] port 0 = any free one
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export function serve({ port = 0, root = resolve('dist') } = {}) {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return refuse(response, 405);
    }
    if (request.url === '/models/index.json') return list(response);
    const file = locate(request.url ?? '/', root);
    if (!file) return refuse(response, 404);
    for (const [name, value] of Object.entries(headersFor(file))) response.setHeader(name, value);
    response.setHeader('Content-Type', contentType(extname(file)));
    response.setHeader('Content-Length', statSync(file).size);
    const isHashed = file.includes(`${sep}assets${sep}`);
    response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (request.method === 'HEAD') return response.end();
    createReadStream(file)
      .on('error', () => response.destroy()) // the file went away while it was read
      .pipe(response);
  });
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const used = typeof address === 'object' && address ? address.port : port;
      done({
        url: `http://127.0.0.1:${used}`,
        close: () =>
          new Promise((closed) => {
            server.closeAllConnections();
            server.close(() => closed());
          }),
      });
    });
  });
}

/** What is served below `/models/`. @param {import('node:http').ServerResponse} response */
function list(response) {
  response.setHeader('Content-Type', contentType('.json'));
  response.setHeader('Cache-Control', 'no-cache');
  response.end(JSON.stringify(modelsBelow(modelsRoots())));
}

/** @param {import('node:http').ServerResponse} response @param {number} status */
function refuse(response, status) {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(status === 404 ? 'Not found' : 'Not allowed');
}

/** The file behind an address, or null. Never leaves the served folders.
 * @param {string} url @param {string} root @returns {string | null} */
export function locate(url, root) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null; // A malformed address names no file.
  }
  if (path.startsWith('/models/')) return fileBelow(modelsRoots(), path.slice('/models/'.length));
  return fileBelow([root], path === '/' ? 'index.html' : path.slice(1));
}
