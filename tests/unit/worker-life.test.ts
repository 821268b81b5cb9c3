import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { announceLife, watchLife } from '../../src/platform/workers/life.ts';

afterEach(() => vi.unstubAllGlobals());

/** The page's and the worker's side in one: what the worker says is heard by `worker`. */
function realm(locks: object | undefined) {
  const worker = new EventTarget();
  const said: unknown[] = [];
  vi.stubGlobal('navigator', { locks });
  vi.stubGlobal('self', {
    name: 'encode-1',
    postMessage: (data: unknown) => {
      said.push(data);
      worker.dispatchEvent(new MessageEvent('message', { data }));
    },
  });
  return { worker: worker as Worker, said };
}

describe('the sign of life of a worker', () => {
  it('is a lock, for which the page waits in turn', () => {
    const asked: string[] = [];
    const { worker } = realm({
      request: (name: string, work: () => unknown) => {
        // The first one who asks gets the lock; the page's turn comes when the worker has ended.
        if (asked.push(name) === 1) work();
        return Promise.resolve();
      },
    });
    const onDeath = vi.fn();
    watchLife(worker, 'encode-1', onDeath);
    announceLife();
    expect(asked).toEqual(['encode-1', 'encode-1']);
    expect(onDeath).not.toHaveBeenCalled();
  });

  it('is done without in browsers that have no locks', () => {
    const { worker, said } = realm(undefined);
    const onDeath = vi.fn();
    watchLife(worker, 'encode-1', onDeath);
    announceLife();
    expect(said).toEqual([]);
    expect(onDeath).not.toHaveBeenCalled();
  });
});

const FOLDER = 'src/platform/workers';
it.each(readdirSync(FOLDER).filter((name) => name.endsWith('-worker.ts')))('%s reports its requests', (name) => {
  expect(readFileSync(`${FOLDER}/${name}`, 'utf8')).toMatch(/^reportRequests\(\);$/m);
});
