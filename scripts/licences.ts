import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Packages that our dependencies name but that never reach a browser build. */
const NOT_BUNDLED = new Set(['onnxruntime-node', 'sharp']);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Puts the licences of everything that is bundled into `licences.txt`; the bundles themselves then need no copies of them. */
export function licences(): Plugin {
  return {
    name: 'winnow-licences',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: licenceText() });
    },
  };
}

function licenceText(): string {
  const own = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const queue = [...Object.keys(own.dependencies ?? {}), 'svelte', 'onnxruntime-web'];
  const packages = new Map<string, string>();
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const folder = join('node_modules', name);
    if (packages.has(name) || NOT_BUNDLED.has(name) || !existsSync(join(folder, 'package.json'))) continue;
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
    const text = file
      ? readFileSync(join(folder, file), 'utf8').trim()
      : `Licence: ${manifest.license ?? 'not stated'}`;
    packages.set(name, `${manifest.name} ${manifest.version}\n\n${text}`);
    queue.push(...Object.keys(manifest.dependencies ?? {}));
  }
  const sorted = [...packages.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return `Winnow is made with the packages below.\n\n${sorted.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
