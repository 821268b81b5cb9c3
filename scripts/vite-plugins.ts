import { createReadStream, existsSync, mkdirSync, copyFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join, normalize, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { contentType, modelsRoots, SECURITY_HEADERS } from './http.mjs';

/** Cross-origin isolation for the dev server; the content policy is only set on built pages (Vite's client needs inline code). */
export const isolationHeaders: Record<string, string> = {
  'Cross-Origin-Opener-Policy': SECURITY_HEADERS['Cross-Origin-Opener-Policy'],
  'Cross-Origin-Embedder-Policy': SECURITY_HEADERS['Cross-Origin-Embedder-Policy'],
};

const ORT = resolve('node_modules/onnxruntime-web/dist');
const TFJS = resolve('node_modules/@tensorflow/tfjs-backend-wasm/dist');

/** Files that run-time libraries load by address: served from our own origin, never from a CDN. */
function runtimeList(): { url: string; file: string }[] {
  const ort = readdirSync(ORT)
    .filter((name) => /^ort-wasm-simd-threaded(\.asyncify)?\.(mjs|wasm)$/.test(name))
    .map((name) => ({ url: `/runtime/ort/${name}`, file: join(ORT, name) }));
  const tfjs = readdirSync(TFJS)
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => ({ url: `/runtime/tfjs/${name}`, file: join(TFJS, name) }));
  return [...ort, ...tfjs];
}

/** Serves the run-time files and `/models/` in development; copies the run-time files into a build. */
export function runtimeFiles(): Plugin {
  let outDir = 'dist';
  return {
    name: 'winnow-runtime-files',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    configureServer(server) {
      const files = new Map(runtimeList().map((f) => [f.url, f.file]));
      server.middlewares.use((request, response, next) => {
        const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
        const file = files.get(path) ?? (path.startsWith('/models/') ? findModel(path) : undefined);
        if (file === undefined) {
          if (!path.startsWith('/models/')) return next();
          response.statusCode = 404;
          response.end('Not found');
          return;
        }
        response.setHeader('Content-Type', contentType(extname(file)));
        response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
        for (const [name, value] of Object.entries(isolationHeaders)) response.setHeader(name, value);
        response.setHeader('Content-Length', statSync(file).size);
        createReadStream(file).pipe(response);
      });
    },
    writeBundle() {
      for (const { url, file } of runtimeList()) {
        const target = join(outDir, url);
        mkdirSync(join(target, '..'), { recursive: true });
        copyFileSync(file, target);
      }
    },
  };
}

function findModel(path: string): string | undefined {
  const below = normalize(path.slice('/models/'.length));
  if (below.startsWith('..')) return undefined;
  return modelsRoots()
    .map((root) => join(root, below))
    .find((file) => existsSync(file) && statSync(file).isFile());
}
