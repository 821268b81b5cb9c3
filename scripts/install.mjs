import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'node_modules/.winnow-installed';

/** Whether a Node version, such as `20.19.0`, can run Winnow.
 * @param {string} version @returns {boolean} */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/** Ends with a clear sentence when Node is too old. */
export function checkNode() {
  if (isNodeNewEnough(process.versions.node)) return;
  console.error(
    `Winnow needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer Node and try again.`,
  );
  process.exit(1);
}

/** Installs the packages of package-lock.json unless exactly these are there. */
export function ensureInstalled() {
  checkNode();
  const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if ((existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) || wasInstalledByHand()) return;
  console.log('Installing packages (once) …');
  run('npm', ['ci', '--no-audit', '--no-fund']);
  writeFileSync(STAMP, wanted);
}

/** True when npm itself put packages here after package-lock.json last changed. */
function wasInstalledByHand() {
  const own = 'node_modules/.package-lock.json';
  return existsSync(own) && statSync(own).mtimeMs >= statSync('package-lock.json').mtimeMs;
}

/** Builds the app when a source file is newer than the last build. */
export function ensureBuilt() {
  const built = existsSync('dist/index.html') ? statSync('dist/index.html').mtimeMs : 0;
  const inputs = ['src', 'public', 'scripts', 'index.html', 'vite.config.ts', 'svelte.config.js', 'package-lock.json'];
  if (built > 0 && inputs.every((path) => newest(path) <= built)) return;
  console.log('Building …');
  run(process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']);
}

/** Runs a command in the foreground; ends this process when it fails.
 * @param {string} command @param {string[]} args */
export function run(command, args) {
  const isShellNeeded = process.platform === 'win32' && command === 'npm';
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: isShellNeeded });
  if (status !== 0) process.exit(status ?? 1);
}

/** Newest modification time below a path, milliseconds; 0 when it does not exist. Models are served, not built.
 * @param {string} path @returns {number} */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path)
    .filter((name) => name !== 'models')
    .reduce((max, name) => Math.max(max, newest(join(path, name))), 0);
}
