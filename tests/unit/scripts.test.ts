import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  contentType,
  downloadPolicy,
  fileBelow,
  headersFor,
  PAGE_POLICY,
  SECURITY_HEADERS,
} from '../../scripts/http.mjs';
import { isNodeNewEnough } from '../../scripts/install.mjs';
import { serve } from '../../scripts/serve.mjs';

const base = mkdtempSync(join(tmpdir(), 'winnow-serve-'));
const root = join(base, 'dist');
const models = join(base, 'models');
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  mkdirSync(join(root, 'assets'), { recursive: true });
  mkdirSync(models);
  writeFileSync(join(base, 'secret.txt'), 'secret');
  writeFileSync(join(root, 'index.html'), '<!doctype html>');
  writeFileSync(join(root, 'assets', 'app-1234.js'), 'export {};');
  writeFileSync(join(root, 'engine.mjs'), 'export {};');
  writeFileSync(join(root, 'engine.wasm'), Uint8Array.of(0, 97, 115, 109));
  writeFileSync(join(models, 'weights.bin'), 'weights');
  process.env['MODELS_DIR'] = models;
  server = await serve({ root });
});
afterAll(async () => {
  delete process.env['MODELS_DIR'];
  await server.close();
  rmSync(base, { recursive: true });
});

/** First line of the answer to a request line that is sent as it is; `fetch` would tidy the path up. */
function rawStatus(path: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    let answer = '';
    socket.on('data', (part) => (answer += part.toString()));
    socket.on('end', () => done(answer));
    socket.on('error', fail);
  });
}

describe('server of the built app', () => {
  test('isolates every answer and forbids every other origin', async () => {
    for (const path of ['/', '/engine.wasm', '/models/weights.bin', '/nothing']) {
      const { headers } = await fetch(server.url + path);
      for (const [name, value] of Object.entries(SECURITY_HEADERS))
        expect(headers.get(name), `${path} ${name}`).toBe(value);
    }
  });

  test('types what browsers refuse to run otherwise', async () => {
    expect((await fetch(`${server.url}/engine.wasm`)).headers.get('content-type')).toBe('application/wasm');
    expect((await fetch(`${server.url}/engine.mjs`)).headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(contentType('.unheard-of')).toBe('application/octet-stream');
  });

  test('lets browsers keep hashed files only', async () => {
    expect((await fetch(`${server.url}/assets/app-1234.js`)).headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${server.url}/`)).headers.get('cache-control')).toBe('no-cache');
    expect((await fetch(`${server.url}/engine.wasm`)).headers.get('cache-control')).toBe('no-cache');
  });

  test('lists the models that it serves, with the sizes of their files', async () => {
    mkdirSync(join(models, 'owner', 'name', 'onnx'), { recursive: true });
    writeFileSync(join(models, 'owner', 'name', 'config.json'), '{}');
    writeFileSync(join(models, 'owner', 'name', 'onnx', 'model.onnx'), 'bytes');
    mkdirSync(join(models, 'owner', 'empty'), { recursive: true });
    const answer = await fetch(`${server.url}/models/index.json`);
    expect(answer.headers.get('content-type')).toContain('json');
    expect(await answer.json()).toMatchObject([
      { path: 'owner/name', files: { 'config.json': 2, 'onnx/model.onnx': 5 } },
    ]);
  });

  test('lets the download document, and only it, reach the hub, from a frame of this site', async () => {
    const policy = downloadPolicy('run()', ['https://hub.test', 'https://*.files.test']);
    writeFileSync(join(root, 'download.html'), `<meta http-equiv="Content-Security-Policy" content="${policy}" />`);
    const header = (await fetch(`${server.url}/download.html`)).headers.get('content-security-policy');
    expect(header).toBe(`${policy}; frame-ancestors 'self'`);
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; connect-src https:\/\/hub\.test https:\/\/\*\.files\.test;/,
    );
    expect(headersFor(join(root, 'index.html'))).toBe(SECURITY_HEADERS);
  });

  test('serves models from their own folder', async () => {
    expect(await (await fetch(`${server.url}/models/weights.bin`)).text()).toBe('weights');
    expect((await fetch(`${server.url}/models/none.bin`)).status).toBe(404);
  });

  test.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/models/..%2fsecret.txt',
    '/models/%2e%2e/secret.txt',
    '/%00',
    '/%zz',
    '/assets',
  ])('answers %s with 404', async (path) => {
    const answer = await rawStatus(path);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).not.toContain('secret');
  });

  test('answers HEAD without a body and refuses to be written to', async () => {
    const head = await fetch(server.url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '15', '']);
    expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  test('never leaves its folders', () => {
    expect(fileBelow([root], 'index.html')).toBe(join(root, 'index.html'));
    for (const path of ['../secret.txt', 'assets/../../secret.txt', '/etc/passwd', 'assets', '']) {
      expect(fileBelow([root], path), path).toBeNull();
    }
  });
});

describe('policy of the page', () => {
  test('names no other origin, and lets no text become code', () => {
    expect(PAGE_POLICY).not.toMatch(/https?:|\*|wss?:/);
    expect(PAGE_POLICY).not.toMatch(/'unsafe-eval'/);
    expect(PAGE_POLICY).toMatch(/default-src 'none'/);
    expect(PAGE_POLICY).toMatch(/connect-src 'self'(;|$)/);
    expect(PAGE_POLICY).toMatch(/script-src 'self' 'wasm-unsafe-eval'(;|$)/);
  });
});

describe('Node version', () => {
  test.each([
    ['20.19.0', true],
    ['20.18.9', false],
    ['18.20.0', false],
    ['22.0.0', true],
  ])('%s', (version, isEnough) => {
    expect(isNodeNewEnough(version)).toBe(isEnough);
  });
});
