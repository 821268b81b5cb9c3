import type { CopyStatus, OfflineCopy } from '../../loop/app-ports.ts';
import type { CopyDescription, ToCopy } from '../../offline/build.ts';
import { noteRequests } from '../workers/connection.ts';
import { isRequestReport } from '../workers/report-requests.ts';

const ADDRESS = '/service-worker.js';
/** Room for the app, three times over. */
const LEAST_ROOM_BYTES = 100e6;
/** A page that stays open for days looks for a new version this often, milliseconds. */
const LOOK_MS = 3_600_000;
/** In the tab's small storage: it was reloaded once to get threads. */
const TRIED = 'winnow-isolated-by-reload';

/** The copy of the app that a service worker keeps. Does nothing where browsers refuse one. */
export class ServiceWorkerCopy implements OfflineCopy {
  #status: CopyStatus = { state: 'none', sizeBytes: 0, updates: 0, threads: 'as-they-are' };
  #onChange: (status: CopyStatus) => void = () => undefined;
  #registration: ServiceWorkerRegistration | null = null;
  /** The user has asked for the new version here. */
  #isUpdating = false;
  readonly #counted = new WeakSet<ServiceWorker>();
  #lookedAt = 0;

  start(onChange: (status: CopyStatus) => void): void {
    this.#onChange = onChange;
    const container = workers();
    if (!container) return;
    const first = container.controller;
    container.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isRequestReport(data)) noteRequests(data.addresses);
    };
    let wasControlled = first !== null;
    container.oncontrollerchange = () => {
      if (this.#isUpdating) return location.reload();
      // Another tab let a new version in: this page goes on with the code that it has.
      if (wasControlled) this.#count(container.controller);
      this.#set({ threads: wasControlled ? 'as-they-are' : threadsAfterReload() });
      wasControlled = true;
    };
    this.#set({ state: 'preparing' });
    this.#register(container).then(
      (registration) => {
        if (!registration) return this.#set({ state: 'failed' });
        this.#follow(registration);
        if (first) tell(first, { kind: 'tidy' });
        else if (registration.active) this.#set({ threads: threadsAfterReload() });
      },
      () => this.#set({ state: 'none' }), // Refused, as in some private windows: the app works as a page.
    );
  }

  /** Null where there is little room: that belongs to the user's data. */
  async #register(container: ServiceWorkerContainer): Promise<ServiceWorkerRegistration | null> {
    if (!(await container.getRegistration(ADDRESS))) {
      const { usage = 0, quota = Infinity } = await navigator.storage.estimate();
      if (quota - usage < LEAST_ROOM_BYTES) return null;
    }
    return container.register(ADDRESS, { updateViaCache: 'none' });
  }

  update(): void {
    const waiting = this.#registration?.waiting;
    this.#isUpdating = true;
    if (waiting) tell(waiting, { kind: 'take-over' });
    else location.reload();
  }

  reloadForThreads(): void {
    try {
      sessionStorage.setItem(TRIED, 'yes');
    } catch {
      return; // It could not be remembered, and might be done for ever.
    }
    location.reload();
  }

  get isUntouched(): boolean {
    // Missing in older browsers although the types promise it.
    const activation = navigator.userActivation as UserActivation | undefined;
    return activation?.hasBeenActive === false;
  }

  #follow(registration: ServiceWorkerRegistration): void {
    this.#registration = registration;
    const look = (): void => {
      const { active, waiting, installing } = registration;
      for (const worker of [active, waiting, installing]) if (worker) worker.onstatechange = look;
      if (active && this.#status.state !== 'ready') void this.#describe(active);
      else if (!active && !waiting && !installing) this.#set({ state: 'failed' });
      if (waiting && active) this.#count(waiting);
    };
    registration.onupdatefound = look;
    look();
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible' || performance.now() - this.#lookedAt < LOOK_MS) return;
      this.#lookedAt = performance.now();
      registration.update().catch(() => undefined); // There is no network: it is looked again.
    });
  }

  #count(version: ServiceWorker | null): void {
    if (!version || this.#counted.has(version)) return;
    this.#counted.add(version);
    this.#set({ updates: this.#status.updates + 1 });
  }

  async #describe(active: ServiceWorker): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise<CopyDescription>((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<CopyDescription>) => resolve(data);
    });
    tell(active, { kind: 'describe' }, [port2]);
    const { sizeBytes } = await answer;
    this.#set({ state: 'ready', sizeBytes });
  }

  #set(change: Partial<CopyStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.#onChange(this.#status);
  }
}

function tell(worker: ServiceWorker, message: ToCopy, ports: MessagePort[] = []): void {
  worker.postMessage(message, ports);
}

/** Null on pages without a secure connection and where the browser has none. */
function workers(): ServiceWorkerContainer | null {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  return globalThis.isSecureContext && container ? container : null;
}

/** The worker adds the headers that threads need to what it answers: from the next load on. Tried once a tab. */
function threadsAfterReload(): CopyStatus['threads'] {
  if (globalThis.crossOriginIsolated) return 'as-they-are';
  try {
    return sessionStorage.getItem(TRIED) === null ? 'after-reload' : 'as-they-are';
  } catch {
    return 'as-they-are';
  }
}
