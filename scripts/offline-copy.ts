import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { build as viteBuild, type Plugin } from 'vite';
import type { Build, BuiltFile } from '../src/offline/build.ts';
import { contentType, headersFor } from './http.mjs';

export const SERVICE_WORKER = 'service-worker.js';
const SOURCE = resolve('src/offline/service-worker.ts');
/** Not of the app: read by hosts, the worker itself, and encoders, which are large and kept when they are used. */
const LEFT_OUT = [/^_headers$/, /^service-worker\.js$/, /^models\//, /(^|\/)\./];

/** Writes the service worker beside a finished build, with the list of its files in it. */
export function offlineCopy(): Plugin {
  let outDir = 'dist';
  return {
    name: 'winnow-offline-copy',
    apply: 'build',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler(error) {
        if (error || !existsSync(join(outDir, 'index.html'))) return;
        writeFileSync(join(outDir, SERVICE_WORKER), await serviceWorker(describeBuild(outDir)));
      },
    },
  };
}

/** Every file of a built app that is kept on the user's machine, and the headers that it is answered with.
 * @param root folder of the built app */
export function describeBuild(root: string): Omit<Build, 'version'> {
  const sets = new Map<string, string>();
  const files = filesBelow(root)
    .filter((path) => !LEFT_OUT.some((pattern) => pattern.test(path)))
    .sort()
    .map((path): BuiltFile => {
      const file = join(root, path);
      const bytes = readFileSync(file);
      const headers = JSON.stringify(headersFor(file));
      const set = sets.get(headers) ?? `h${sets.size}`;
      sets.set(headers, set);
      return {
        path: `/${path}`,
        sizeBytes: bytes.length,
        integrity: `sha256-${createHash('sha256').update(bytes).digest('base64')}`,
        contentType: contentType(extname(path)),
        headers: set,
      };
    });
  const headers = Object.fromEntries(
    [...sets].map(([text, name]) => [name, JSON.parse(text) as Record<string, string>]),
  );
  return { files, headers };
}

/** The worker's script, alone in one file. */
export async function serviceWorker(description: Omit<Build, 'version'>): Promise<string> {
  const NAME = 'WINNOW_BUILD';
  const result = await viteBuild({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: { input: SOURCE, output: { format: 'iife', comments: false } },
    },
  });
  const output = 'output' in result ? result.output : Array.isArray(result) ? result.flatMap((r) => r.output) : [];
  const [chunk] = output;
  if (chunk?.type !== 'chunk' || !chunk.code.includes(NAME)) throw new Error('The service worker was not built.');
  const version = createHash('sha256')
    .update(chunk.code)
    .update(JSON.stringify(description))
    .digest('hex')
    .slice(0, 16);
  const build: Build = { version, ...description };
  return `const ${NAME} = ${JSON.stringify(build)};\n${chunk.code}`;
}

function filesBelow(root: string, folder = root): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesBelow(root, path);
    return [relative(root, path).split(sep).join('/')];
  });
}
