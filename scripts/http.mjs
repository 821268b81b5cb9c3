import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join, normalize, relative, resolve, sep } from 'node:path';

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
  "frame-src 'self'", // the download document, which has a policy of its own
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

/** The one document that may reach another server: the hub and where it keeps files. It runs the one script that is
 * written in it and loads nothing else.
 * @param {string} script the script's text @param {readonly string[]} hosts @returns {string} */
export function downloadPolicy(script, hosts) {
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    `connect-src ${hosts.join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Headers for a built page: the policy in its `<meta>` element is given as a header too, as workers and frames need it.
 * @param {string} file @returns {Record<string, string>} */
export function headersFor(file) {
  if (basename(file) !== DOWNLOAD_PAGE) return SECURITY_HEADERS;
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(readFileSync(file, 'utf8'))?.[1];
  if (!policy) return SECURITY_HEADERS;
  return { ...SECURITY_HEADERS, 'Content-Security-Policy': `${policy}; frame-ancestors 'self'` };
}
export const DOWNLOAD_PAGE = 'download.html';

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

/** What an encoder reads: settings and weights. */
const READ = /\.json$|\.onnx(_data\w*)?$/;

/** Every model below some folders (`owner/name/config.json`), with its files, their sizes in bytes, and the SHA-256 of those
 * that an encoder reads: fine-tuned weights have the size of the ones that they were made of.
 * @param {readonly string[]} roots
 * @returns {{ path: string, files: Record<string, number>, digests: Record<string, string> }[]} */
export function modelsBelow(roots) {
  /** @type {Map<string, { files: Record<string, number>, digests: Record<string, string> }>} */
  const models = new Map();
  for (const root of roots.filter((r) => existsSync(r))) {
    for (const owner of folders(root)) {
      for (const name of folders(join(root, owner))) {
        const path = `${owner}/${name}`;
        const folder = join(root, owner, name);
        if (models.has(path) || !existsSync(join(folder, 'config.json'))) continue;
        const all = filesBelow(folder).map((file) => ({ file, path: unix(relative(folder, file)) }));
        models.set(path, {
          files: Object.fromEntries(all.map((f) => [f.path, statSync(f.file).size])),
          digests: Object.fromEntries(all.filter((f) => READ.test(f.path)).map((f) => [f.path, digestOf(f.file)])),
        });
      }
    }
  }
  return [...models].map(([path, facts]) => ({ path, ...facts }));
}

/** Digests by path, size and time of the last change: the list is asked for each time that the app is opened. */
const digests = new Map();

/** SHA-256 of a file, read in pieces. @param {string} file @returns {string} */
function digestOf(file) {
  const { size, mtimeMs } = statSync(file);
  const key = `${file} ${size} ${mtimeMs}`;
  const known = digests.get(key);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  const piece = Buffer.alloc(1 << 20);
  const handle = openSync(file, 'r');
  try {
    for (let read = readSync(handle, piece); read > 0; read = readSync(handle, piece))
      hash.update(piece.subarray(0, read));
  } finally {
    closeSync(handle);
  }
  const digest = hash.digest('hex');
  digests.set(key, digest);
  return digest;
}

/** @param {string} folder @returns {string[]} */
function folders(folder) {
  return readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());
}
/** @param {string} folder @returns {string[]} */
function filesBelow(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
/** @param {string} path @returns {string} */
const unix = (path) => path.split(sep).join('/');
