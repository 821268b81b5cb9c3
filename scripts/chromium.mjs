import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Flags of every automated run: no sandbox (root in containers), no calls home, WebGPU on the software adapter. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Path of a Chromium: CHROMIUM_PATH, the system's, Playwright's, or one installed now. Null when none can be had.
 * @returns {string | null} */
export function findChromium() {
  const given = process.env['CHROMIUM_PATH'];
  if (given && existsSync(given)) return given;
  return onSystem() ?? fromPlaywright() ?? fromDebian();
}

/** @returns {string | null} */
function onSystem() {
  for (const name of NAMES) {
    const { stdout, status } = spawnSync('which', [name], { encoding: 'utf8' });
    if (status === 0 && stdout.trim() !== '') return stdout.trim();
  }
  return PLACES.find((path) => existsSync(path)) ?? null;
}

/** @returns {string | null} */
function fromPlaywright() {
  const require = createRequire(import.meta.url);
  const path = () => /** @type {string} */ (require('playwright-core').chromium.executablePath());
  if (existsSync(path())) return path();
  console.log('No Chromium found; trying Playwright’s download …');
  spawnSync(process.execPath, ['node_modules/playwright-core/cli.js', 'install', 'chromium'], { stdio: 'inherit' });
  return existsSync(path()) ? path() : null;
}

/** @returns {string | null} */
function fromDebian() {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return null;
  console.log('Installing the chromium package …');
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
  spawnSync('apt-get', ['install', '-y', '-qq', 'chromium'], { stdio: 'inherit' });
  return onSystem();
}
