import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SECURITY_HEADERS } from '../../scripts/http.mjs';
import { describeBuild, serviceWorker } from '../../scripts/offline-copy.ts';
import { planAnswer } from '../../src/offline/plan-answer.ts';

const root = mkdtempSync(join(tmpdir(), 'winnow-offline-'));
const PAGE = '<!doctype html>';
const DOWNLOAD = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; connect-src https://hub.test" />`;
const built = {
  'index.html': PAGE,
  'download.html': DOWNLOAD,
  'assets/app-1.js': 'export {};',
  'runtime/ort/engine.wasm': 'wasm',
  'models/index.json': '[]',
  'models/owner/name/onnx/model.onnx': 'weights',
  _headers: '/*',
  'service-worker.js': 'old',
  '.hidden': '',
};
for (const [path, content] of Object.entries(built)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
afterAll(() => rmSync(root, { recursive: true }));

describe('what of a build is kept', () => {
  const { files, headers } = describeBuild(root);

  test('everything but models, what hosts read, and the worker itself, with size, type and digest', () => {
    expect(files.map((f) => f.path)).toEqual([
      '/assets/app-1.js',
      '/download.html',
      '/index.html',
      '/runtime/ort/engine.wasm',
    ]);
    expect(files[2]).toMatchObject({
      sizeBytes: PAGE.length,
      contentType: 'text/html; charset=utf-8',
      integrity: `sha256-${createHash('sha256').update(PAGE).digest('base64')}`,
    });
    expect(files[3]?.contentType).toBe('application/wasm');
  });

  test('the download document with its own policy, everything else with that of the page', () => {
    const policyOf = (path: string) =>
      headers[files.find((f) => f.path === path)?.headers ?? '']?.['Content-Security-Policy'];
    expect(policyOf('/index.html')).toBe(SECURITY_HEADERS['Content-Security-Policy']);
    expect(policyOf('/assets/app-1.js')).toBe(SECURITY_HEADERS['Content-Security-Policy']);
    expect(policyOf('/download.html')).toBe("default-src 'none'; connect-src https://hub.test; frame-ancestors 'self'");
    for (const set of Object.values(headers)) expect(set['Cross-Origin-Embedder-Policy']).toBe('require-corp');
  });

  test('another build has another version', async () => {
    const first = await serviceWorker(describeBuild(root));
    expect(await serviceWorker(describeBuild(root))).toBe(first);
    writeFileSync(join(root, 'index.html'), `${PAGE}2`);
    expect(await serviceWorker(describeBuild(root))).not.toBe(first);
  });
});

describe('what the service worker answers', () => {
  const origin = 'https://winnow.example';
  const kept = new Set(['/index.html', '/assets/app-1.js']);
  const plan = (url: string, method = 'GET', headers = {}) =>
    planAnswer({ url, method, headers: new Headers(headers) }, origin, kept).kind;

  test('its own files, older code, and models; nothing of other servers', () => {
    expect(plan(`${origin}/`)).toBe('kept');
    expect(plan(`${origin}/?from=menu`)).toBe('kept');
    expect(plan(`${origin}/assets/app-1.js`)).toBe('kept');
    expect(plan(`${origin}/assets/app-0.js`)).toBe('older');
    expect(plan(`${origin}/models/index.json`)).toBe('site-list');
    expect(plan(`${origin}/models/owner/name/config.json`)).toBe('site-file');
    expect(plan(`${origin}/something-else`)).toBe('leave');
    expect(plan(`${origin}/`, 'POST')).toBe('leave');
    expect(plan(`${origin}/models/owner/name/config.json`, 'GET', { Range: 'bytes=5-' })).toBe('leave');
    expect(plan('https://huggingface.co/index.html')).toBe('leave');
    expect(plan('https://winnow.example.evil/')).toBe('leave');
  });
});
