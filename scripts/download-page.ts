import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { transformWithOxc, type Plugin } from 'vite';
import { DOWNLOAD_PAGE, downloadPolicy } from './http.mjs';
import { HUB, HUB_HOSTS } from './hub.mjs';
import { isolationHeaders } from './vite-plugins.ts';

const SOURCE = resolve('src/download/download.ts');

/**
 * Builds the download document: one page with its script written in it, so that a frame without an origin can run it, and
 * a policy that allows this script and the hub.
 */
export function downloadPage(): Plugin {
  return {
    name: 'winnow-download-page',
    configureServer(server) {
      server.middlewares.use(`/${DOWNLOAD_PAGE}`, (_request, response, next) => {
        page().then((html) => {
          for (const [name, value] of Object.entries(isolationHeaders)) response.setHeader(name, value);
          response.setHeader('Content-Type', 'text/html; charset=utf-8');
          response.end(html);
        }, next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: DOWNLOAD_PAGE, source: await page() });
    },
  };
}

async function page(): Promise<string> {
  const { code } = await transformWithOxc(await readFile(SOURCE, 'utf8'), SOURCE);
  const script = `\n${code.replace(/^import type .*$/gm, '').trim()}\n`;
  if (/^\s*import\b/m.test(script) || script.includes('</')) throw new Error('The download script must stand alone.');
  return `<!doctype html>
<html lang="en" data-hub="${HUB}">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${downloadPolicy(script, [HUB, ...HUB_HOSTS])}" />
    <title>Winnow: download from the hub</title>
    <script type="module">${script}</script>
  </head>
  <body></body>
</html>
`;
}
