import type { ProjectId } from '../../domain/ids.ts';
import type { NetworkLedger, ProjectLocks, StorageGauge } from '../../loop/app-ports.ts';
import type { Clock, Ids } from '../../loop/ports.ts';
import { ChannelLocks } from './channel-locks.ts';
import { listenToRequests } from '../workers/connection.ts';
import { isNetworkUse } from '../workers/report-requests.ts';

export const systemClock: Clock = { now: () => Date.now() };

export const randomIds: Ids = {
  next: () => crypto.randomUUID(),
  seed: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
};

/** One writer per project: by the Web Locks API, or by agreement of the tabs in browsers that lack it. */
export function projectLocks(): ProjectLocks {
  // Older engines lack the API although the types promise it.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? new WebLocks(locks) : new ChannelLocks(crypto.randomUUID(), systemClock);
}

/** One writer per project, by the Web Locks API. */
export class WebLocks implements ProjectLocks {
  readonly #locks: LockManager;
  readonly #release = new Map<ProjectId, () => void>();

  constructor(locks: LockManager) {
    this.#locks = locks;
  }

  acquire(project: ProjectId, steal: boolean, onLost: () => void): Promise<boolean> {
    return new Promise((resolve) => {
      this.#locks
        .request(`winnow:${project}`, steal ? { steal: true } : { ifAvailable: true }, (lock) => {
          resolve(lock !== null);
          if (!lock) return undefined;
          return new Promise<void>((release) => this.#release.set(project, release));
        })
        .catch(() => {
          // The lock was stolen: another tab writes from now on.
          this.#release.delete(project);
          onLost();
          // Refused before it was given: this tab does not write.
          resolve(false);
        });
    });
  }

  release(project: ProjectId): void {
    this.#release.get(project)?.();
    this.#release.delete(project);
  }
}

/** Counts every request that the browser reports for this page and its workers and that went over the network. */
export class ResourceLedger implements NetworkLedger {
  #requests = 0;
  #foreign = 0;

  constructor() {
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (isNetworkUse(entry)) this.#count(entry.name);
    });
    observer.observe({ type: 'resource', buffered: true });
    listenToRequests((addresses) => {
      for (const address of addresses) this.#count(address);
    });
  }
  count(): { requests: number; foreign: number } {
    return { requests: this.#requests, foreign: this.#foreign };
  }
  #count(address: string): void {
    const url = new URL(address, location.href);
    if (url.protocol === 'blob:' || url.protocol === 'data:') return;
    this.#requests++;
    if (url.origin !== location.origin) this.#foreign++;
  }
}

export const storageGauge: StorageGauge = {
  async estimate() {
    // Missing outside secure contexts although the types promise it.
    const storage = navigator.storage as StorageManager | undefined;
    if (!storage) return null;
    const { usage = 0, quota = 0 } = await storage.estimate();
    return { usedBytes: usage, quotaBytes: quota, isPersisted: await storage.persisted() };
  },
  async persist() {
    const storage = navigator.storage as StorageManager | undefined;
    return storage ? storage.persist() : false;
  },
};

/** Hands a file to the browser's download. */
export function saveFile(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
