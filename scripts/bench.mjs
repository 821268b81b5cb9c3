/** `npm run bench -- NAME [--quick]`: builds, serves, opens a Chromium and runs tests/bench/NAME.bench.{mjs,ts}. */
import { existsSync, readdirSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled } from './install.mjs';

const BENCHES = resolve('tests/bench');
const [name, ...flags] = process.argv.slice(2).sort((a, b) => Number(a.startsWith('--')) - Number(b.startsWith('--')));
const file = ['mjs', 'ts']
  .map((ending) => resolve(BENCHES, `${name}.bench.${ending}`))
  .find((path) => existsSync(path));
if (name === undefined || file === undefined) {
  const names = existsSync(BENCHES)
    ? readdirSync(BENCHES).flatMap((f) => /^(.*)\.bench\.(?:mjs|ts)$/.exec(f)?.[1] ?? [])
    : [];
  console.error(`Usage: npm run bench -- NAME [--quick]\nNAME is one of: ${names.join(', ') || '(none yet)'}`);
  process.exit(2);
}

ensureInstalled();
ensureBuilt();
const { openBrowser } = await import('./browser.mjs');
const { serve } = await import('./serve.mjs');
const server = await serve();
const browser = await openBrowser(server.url);
let exitCode = 0;
try {
  const { run } = await load(file);
  const results = await run({
    open: browser.open,
    openModules: browser.openModules,
    baseUrl: server.url,
    quick: flags.includes('--quick'),
    dataDir: resolve(process.env['DATA_DIR'] ?? '../shared/data'),
    modelsDir: resolve(process.env['MODELS_DIR'] ?? '../shared/models'),
    log: (/** @type {string} */ line) => console.log(line),
  });
  console.table(results);
  console.log(JSON.stringify({ bench: name, machine: { ...machine(), chromium: browser.version }, results }));
} catch (error) {
  console.error(error);
  exitCode = 1;
} finally {
  await browser.close();
  await server.close();
}
process.exit(exitCode);

/** The bench's module; TypeScript goes through Vite, so it may import from src/.
 * @param {string} path @returns {Promise<{ run: (context: Record<string, unknown>) => Promise<Record<string, unknown>> }>} */
async function load(path) {
  if (path.endsWith('.mjs')) return import(pathToFileURL(path).href);
  const { runnerImport } = await import('vite');
  const { module } = await runnerImport(path, { configFile: false, logLevel: 'error' });
  return /** @type {any} */ (module); // a module's shape is only known at run time
}

function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gb: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    platform: `${platform()} ${release()}`,
  };
}
