import { resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGS, findChromium } from './chromium.mjs';

const BLANK = `<!doctype html><title>modules</title><link rel="icon" href="/icon.svg">
<script>globalThis.load = (path) => import(path)</script>`;

/**
 * A Chromium for benches and hand-made checks, with the flags of the tests.
 * - `open(path)`: a fresh page of the built app, in a context (storage) of its own.
 * - `openModules()`: an empty, isolated page on a development server. Code in `page.evaluate` gets any module of the
 *   app with `await load('/src/….ts')` and can start its workers. (`load`, as Vite rewrites `import()` in benches.)
 * Page errors and console errors are printed.
 * @param {string} baseUrl address of the built app
 */
export async function openBrowser(baseUrl) {
  const executablePath = findChromium();
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: [...CHROMIUM_ARGS, '--enable-precise-memory-info'],
  });
  /** @type {import('vite').ViteDevServer | null} */
  let dev = null;

  /** @param {string} url */
  const open = async (url) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`page error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`page console: ${message.text()}`);
    });
    await page.goto(url);
    return page;
  };

  return {
    version: browser.version(),
    open: (path = '/') => open(new URL(path, baseUrl).href),
    openModules: async () => {
      dev ??= await startDevServer();
      return open(new URL('/blank.html', dev.resolvedUrls?.local[0]).href);
    },
    close: async () => {
      await browser.close();
      await dev?.close();
    },
  };
}

async function startDevServer() {
  const { createServer } = await import('vite');
  const server = await createServer({
    configFile: resolve('vite.config.ts'),
    logLevel: 'error',
    cacheDir: '.cache/vite-bench',
    // Found only when a worker starts, they would be bundled then, and what is being loaded would be refused.
    optimizeDeps: { include: ['@huggingface/transformers', '@tensorflow/tfjs', 'comlink', 'idb', 'valibot'] },
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    plugins: [
      {
        name: 'blank-page',
        configureServer: (s) =>
          void s.middlewares.use('/blank.html', (_request, response) => {
            for (const [name, value] of Object.entries(s.config.server.headers ?? {}))
              response.setHeader(name, String(value));
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            response.end(BLANK);
          }),
      },
    ],
  });
  return server.listen();
}
