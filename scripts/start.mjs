import { ensureBuilt, ensureInstalled } from './install.mjs';

ensureInstalled();
ensureBuilt();
const { serve } = await import('./serve.mjs');
const server = await listen(Number(process.env['PORT'] ?? 4173));
console.log(`\nWinnow is at ${server.url}\nEverything stays in this browser. Stop with Ctrl+C.`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    void server.close().then(() => process.exit(0));
  });
}

/** The first free port from `port` on; an explicit PORT is taken as it is.
 * @param {number} port */
async function listen(port) {
  for (let tries = 0; ; tries++) {
    try {
      return await serve({ port: port + tries });
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken || process.env['PORT'] || tries >= 50) throw error;
    }
  }
}
