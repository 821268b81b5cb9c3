import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { ensureInstalled } from './install.mjs';

const GROUPS = ['static', 'unit', 'browser', 'e2e'];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((group) => !GROUPS.includes(group));
if (unknown.length > 0) {
  console.error(`There is no group of tests called ${unknown.join(', ')}. There are: ${GROUPS.join(', ')}.`);
  process.exit(2);
}

ensureInstalled();
if (isWanted('browser') || isWanted('e2e')) {
  const { findChromium } = await import('./chromium.mjs');
  const chromium = findChromium();
  if (chromium) process.env['CHROMIUM_PATH'] = chromium;
  else console.error('No Chromium: set CHROMIUM_PATH to one. Browser and end-to-end tests will fail.');
} else {
  process.env['WINNOW_NODE_ONLY'] = '1';
}

const VITE = 'node_modules/vite/bin/vite.js';
const REPORT = '.cache/test-report.json';
const total = { passed: 0, failed: 0, skipped: 0 };

/** @type {[string, string[]][]} */
const STATIC = [
  [
    'types (svelte-check)',
    [
      'node_modules/svelte-check/bin/svelte-check',
      '--tsconfig',
      'tsconfig.json',
      '--fail-on-warnings',
      '--output',
      'human',
    ],
  ],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0']],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['types (tests and scripts)', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.node.json']],
  ['types (pure rooms)', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.pure.json']],
];
// Two at once: each of them uses one core.
const queue = [...STATIC];
await Promise.all(
  [0, 1].map(async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await check('static', ...next, { isQuiet: true });
  }),
);
await suite(
  'unit',
  'unit, contract and loop tests',
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'node',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${REPORT}`,
  ],
  vitestCounts,
);
await suite(
  'browser',
  'browser tests',
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'browser',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${REPORT}`,
  ],
  vitestCounts,
);
await check('e2e', 'build', [VITE, 'build', '--logLevel', 'warn']);
process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] = REPORT;
process.env['E2E_PORT'] ??= String(await freePort());
await suite(
  'e2e',
  'end-to-end tests',
  ['node_modules/@playwright/test/cli.js', 'test', '--reporter=list,json'],
  playwrightCounts,
);

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed > 0 ? 1 : 0);

/** A step that passes or fails as a whole.
 * @param {string} group @param {string} name @param {string[]} args @param {{ isQuiet?: boolean }} how */
async function check(group, name, args, how = {}) {
  if (!isWanted(group)) return;
  const status = await node(name, args, how);
  if (status === 0) total.passed++;
  else total.failed++;
}

/** A test run that counts its own tests. A run that dies before it reports counts as one failure.
 * @param {string} group @param {string} name @param {string[]} args
 * @param {(report: any) => { passed: number, failed: number, skipped: number }} read shape of the runner's report */
async function suite(group, name, args, read) {
  if (!isWanted(group)) return;
  rmSync(REPORT, { force: true });
  const status = await node(name, args);
  const counts = existsSync(REPORT)
    ? read(JSON.parse(readFileSync(REPORT, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0 };
  total.passed += counts.passed;
  total.skipped += counts.skipped;
  total.failed += status !== 0 && counts.failed === 0 ? 1 : counts.failed;
}

/** A port that nothing listens on, so that two runs on one machine do not meet.
 * @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 4789));
    });
  });
}

/** @param {string} group */
function isWanted(group) {
  return wanted.length === 0 || wanted.includes(group);
}

/** @param {string} name @param {string[]} args @param {{ isQuiet?: boolean }} how quiet: what it says comes at its end, in one piece
 * @returns {Promise<number>} */
function node(name, args, { isQuiet = false } = {}) {
  if (!isQuiet) console.log(`\n── ${name}`);
  const started = Date.now();
  return new Promise((resolve) => {
    const out = isQuiet ? 'pipe' : 'inherit';
    const step = spawn(process.execPath, args, { stdio: ['ignore', out, out] });
    /** @type {string[]} */
    const said = [];
    for (const stream of [step.stdout, step.stderr]) stream?.on('data', (part) => said.push(String(part)));
    step.on('close', (status) => {
      if (isQuiet) console.log(`\n── ${name}\n${said.join('')}`.trimEnd());
      console.log(
        `── ${name}: ${status === 0 ? 'ok' : `failed (${status})`}, ${((Date.now() - started) / 1000).toFixed(0)} s`,
      );
      resolve(status ?? 1);
    });
  });
}

/** @param {any} report vitest's JSON */
function vitestCounts(report) {
  const failedFiles = report.testResults.filter(
    (/** @type {any} */ f) => f.status === 'failed' && f.assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + failedFiles,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {any} report Playwright's JSON */
function playwrightCounts(report) {
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected, failed: unexpected + flaky, skipped };
}
