import { existsSync, statSync } from 'node:fs';
import { join, normalize, resolve, sep } from 'node:path';

/** What a built page may do. Every source is this origin or data that the page made itself, so nothing can be sent out. */
const DIRECTIVES = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'", // compiling WebAssembly; no eval, no inline code, no blobs
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:", // thumbnails are blobs
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'", // sizes and colours that the data decides
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** For a `<meta>` element, where `frame-ancestors` is not allowed. */
export const PAGE_POLICY = DIRECTIVES.join('; ');

/** Headers of every answer: isolation (threads in WASM) and a policy under which nothing can leave the origin. */
export const SECURITY_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': `${PAGE_POLICY}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** Content type by extension (with the dot); what is unknown is bytes.
 * @param {string} extension @returns {string} */
export function contentType(extension) {
  return TYPES[extension.toLowerCase()] ?? 'application/octet-stream';
}

/** Folders that are served at `/models/`; the first that has a file wins.
 * @returns {string[]} */
export function modelsRoots() {
  return [resolve('public/models'), resolve(process.env['MODELS_DIR'] ?? '../shared/models')];
}

/**
 * The file that a decoded address path names below the first root that has it, or null. Never leaves the roots.
 * @param {readonly string[]} roots @param {string} path without a leading slash @returns {string | null}
 */
export function fileBelow(roots, path) {
  const name = normalize(path);
  const isOutside = name === '..' || name.startsWith(`..${sep}`) || name.startsWith(sep) || /^[a-z]:/i.test(name);
  if (isOutside || name.includes('\0')) return null;
  return roots.map((root) => join(root, name)).find((file) => existsSync(file) && statSync(file).isFile()) ?? null;
}
