/**
 * The service worker: keeps the app on this machine and answers with it, with the headers that threads need on hosts that
 * send none. It never talks to another server and leaves requests to others alone. Built into one file by
 * `scripts/offline-copy.ts`.
 */
import { AppCopy } from './app-copy.ts';
import type { Build, CopyDescription, RequestReport, ToCopy } from './build.ts';
import { planAnswer } from './plan-answer.ts';
import { SiteCopy } from './site-copy.ts';

/** What TypeScript's library for documents does not have: it exists in service workers only. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchRequested extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Told extends Extendable {
  readonly data: unknown;
  readonly source: { readonly id?: string } | null;
  readonly ports: readonly MessagePort[];
}
interface Page {
  readonly id: string;
  postMessage(message: unknown): void;
}
interface Scope {
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { includeUncontrolled: boolean; type: 'window' }): Promise<readonly Page[]>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(name: 'install' | 'activate', listener: (event: Extendable) => void): void;
  addEventListener(name: 'fetch', listener: (event: FetchRequested) => void): void;
  addEventListener(name: 'message', listener: (event: Told) => void): void;
}

declare const WINNOW_BUILD: Build;
const build = WINNOW_BUILD;
const scope = self as unknown as Scope;
const kept = new Set(build.files.map((file) => file.path));
const estimate = (): Promise<StorageEstimate> => navigator.storage.estimate();
const app = new AppCopy(caches, build, (path, init) => fetch(path, init), estimate);
const site = new SiteCopy(caches, (request) => fetch(request), estimate);
const pages = () => scope.clients.matchAll({ includeUncontrolled: true, type: 'window' });

scope.addEventListener('install', (event) => {
  event.waitUntil(app.install().then(report));
});

scope.addEventListener('activate', (event) => {
  // Only the first worker finds pages without one; a later one was let in by its page.
  event.waitUntil(app.activate().then(() => scope.clients.claim()));
});

scope.addEventListener('fetch', (event) => {
  const plan = planAnswer(event.request, location.origin, kept);
  const later = (work: Promise<unknown>): void => event.waitUntil(work);
  if (plan.kind === 'kept') event.respondWith(app.answer(plan.path));
  else if (plan.kind === 'older') event.respondWith(app.older(plan.path));
  else if (plan.kind === 'site-list') event.respondWith(site.list(event.request, later));
  else if (plan.kind === 'site-file') event.respondWith(site.file(event.request, plan.path, later));
});

scope.addEventListener('message', (event) => {
  const { kind } = event.data as ToCopy;
  if (kind === 'take-over') event.waitUntil(scope.skipWaiting());
  else if (kind === 'tidy') event.waitUntil(tidy(event.source?.id));
  else {
    const description: CopyDescription = { version: build.version, sizeBytes: app.sizeBytes };
    event.ports[0]?.postMessage(description);
  }
});

/** A page that has just been loaded runs this build; where it is the only one, nobody runs another. */
async function tidy(asker: string | undefined): Promise<void> {
  if ((await pages()).every((page) => page.id === asker)) await app.tidy();
}

/** Tells the pages what was asked of the site: their own counts do not see it. */
async function report(addresses: readonly string[]): Promise<void> {
  const message: RequestReport = { kind: 'winnow-requests', addresses };
  for (const page of await pages()) page.postMessage(message);
}
