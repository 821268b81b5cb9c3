/**
 * A worker that is ended from outside, or by the browser for want of memory, says nothing. It holds a lock as long as it
 * lives, which the browser takes back in every case. Where there are no locks only its errors are heard.
 */
const ALIVE = 'winnow-alive';

/** Older engines lack the API although the types promise it. */
function locks(): LockManager | undefined {
  return navigator.locks as LockManager | undefined;
}

/** In the worker: holds the lock that is named after the worker, and says so. */
export function announceLife(): void {
  void locks()?.request(self.name, () => {
    self.postMessage(ALIVE);
    return new Promise(() => undefined);
  });
}

/** On the page: calls `onDeath` once the worker of this name, which announces its life, has ended for whatever reason. */
export function watchLife(worker: Worker, name: string, onDeath: () => void): void {
  worker.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.data === ALIVE) void locks()?.request(name, onDeath);
  });
}
