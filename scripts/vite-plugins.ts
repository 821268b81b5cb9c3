import { copyFileSync, createReadStream, existsSync, mkdirSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, extname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';
import {
  contentType,
  DOWNLOAD_PAGE,
  fileBelow,
  modelsBelow,
  modelsRoots,
  PAGE_POLICY,
  SECURITY_HEADERS,
} from './http.mjs';

/** Cross-origin isolation for the dev server. The content policy is left to built pages: Vite's client needs inline code. */
export const isolationHeaders: Record<string, string> = {
  'Cross-Origin-Opener-Policy': SECURITY_HEADERS['Cross-Origin-Opener-Policy'],
  'Cross-Origin-Embedder-Policy': SECURITY_HEADERS['Cross-Origin-Embedder-Policy'],
  'Cross-Origin-Resource-Policy': SECURITY_HEADERS['Cross-Origin-Resource-Policy'],
};

/**
 * Export condition under which onnxruntime-web does not carry its WebAssembly inside: without it Vite would emit a second
 * copy of the 26 MB file next to ours. List it before Vite's own conditions.
 */
export const ORT_CONDITION = 'onnxruntime-web-use-extern-wasm';

const ORT = resolve('node_modules/onnxruntime-web/dist');
/** The only variant that onnxruntime-web/webgpu, the entry that transformers.js imports, asks for (WebGPU and WASM alike). */
const ORT_FILES = ['ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'];

/** Files that run-time libraries load by address: served from our own origin, never from a CDN. */
function runtimeList(): { url: string; file: string }[] {
  return ORT_FILES.map((name) => ({ url: `/runtime/ort/${name}`, file: join(ORT, name) }));
}

/** Serves the run-time files and `/models/` in development and preview; copies the run-time files into a build. */
export function runtimeFiles(): Plugin {
  let outDir = 'dist';
  const answer = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const path = pathOf(request);
    if (path === '/models/index.json') {
      response.setHeader('Content-Type', contentType('.json'));
      response.end(JSON.stringify(modelsBelow(modelsRoots())));
      return;
    }
    if (!path?.startsWith('/models/') && !path?.startsWith('/runtime/')) return next();
    const file = path.startsWith('/models/')
      ? fileBelow(modelsRoots(), path.slice('/models/'.length))
      : (runtimeList().find(({ url }) => url === path)?.file ?? null);
    for (const [name, value] of Object.entries(isolationHeaders)) response.setHeader(name, value);
    if (file === null) {
      response.statusCode = 404;
      response.setHeader('Content-Type', 'text/plain; charset=utf-8');
      response.end('Not found');
      return;
    }
    response.setHeader('Content-Type', contentType(extname(file)));
    response.setHeader('Content-Length', statSync(file).size);
    createReadStream(file).pipe(response);
  };
  return {
    name: 'winnow-runtime-files',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    configureServer: (server) => void server.middlewares.use(answer),
    configurePreviewServer: (server) => void server.middlewares.use(answer),
    generateBundle() {
      const models = JSON.stringify(modelsBelow([resolve('public/models')]));
      this.emitFile({ type: 'asset', fileName: 'models/index.json', source: models });
    },
    writeBundle() {
      for (const { url, file } of runtimeList()) {
        const target = join(outDir, url);
        if (existsSync(target) && statSync(target).size === statSync(file).size) continue;
        mkdirSync(dirname(target), { recursive: true });
        copyFileSync(file, target);
      }
    },
  };
}

/**
 * Writes the content policy into the built page, so that it holds on any static host, and a `_headers` file for hosts
 * that read one. The headers matter: a page's `<meta>` policy does not reach its workers, and threads need isolation.
 */
export function pagePolicy(): Plugin {
  return {
    name: 'winnow-page-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: PAGE_POLICY },
        injectTo: 'head-prepend',
      },
    ],
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '_headers', source: staticHeaders() });
    },
  };
}

/** The policy is given per path: where two rules fit, hosts send both, and the download document must not get the page's. */
function staticHeaders(): string {
  const { 'Content-Security-Policy': policy, ...others } = SECURITY_HEADERS;
  const everywhere = Object.entries(others).map(([name, value]) => `  ${name}: ${value}`);
  const pages = ['/', '/index.html', '/assets/*', '/runtime/*', '/service-worker.js'];
  return [
    '/*',
    ...everywhere,
    ...pages.flatMap((path) => [path, `  Content-Security-Policy: ${policy}`]),
    `/${DOWNLOAD_PAGE}`,
    "  Content-Security-Policy: frame-ancestors 'self'",
    '',
  ].join('\n');
}

const CDN = /`https:\/\/cdn\.jsdelivr\.net\/npm\/onnxruntime-web@\$\{[\w.]+\}\/dist\/`/;

/** Replaces the CDN address that transformers.js falls back to with our own copy. Needed among the worker plugins too. */
export function noCdn(): Plugin {
  return {
    name: 'winnow-no-cdn',
    transform(code, id) {
      if (!/@huggingface[/\\]transformers[/\\]dist/.test(id)) return null;
      if (!CDN.test(code))
        this.error('transformers.js no longer has the CDN address that this plugin replaces; look again.');
      return { code: code.replace(CDN, "'/runtime/ort/'"), map: null };
    },
  };
}

/** Path of a request, decoded; null when it is malformed. */
function pathOf(request: IncomingMessage): string | null {
  try {
    return decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  } catch {
    return null; // Not an address: some other middleware will refuse it.
  }
}
