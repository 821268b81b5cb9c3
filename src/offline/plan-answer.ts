/** What becomes of a request. `leave`: the browser goes on as if there were no service worker. */
export type Plan =
  | { readonly kind: 'leave' }
  /** A file of this build. */
  | { readonly kind: 'kept'; readonly path: string }
  /** Code of a build from before, for a page that still runs it. */
  | { readonly kind: 'older'; readonly path: string }
  | { readonly kind: 'site-list' }
  | { readonly kind: 'site-file'; readonly path: string };

const LEAVE: Plan = { kind: 'leave' };

/** Only plain reading of this origin is answered; everything else, other servers above all, is left alone. */
export function planAnswer(
  request: Pick<Request, 'method' | 'url' | 'headers'>,
  origin: string,
  kept: ReadonlySet<string>,
): Plan {
  const url = new URL(request.url);
  if (url.origin !== origin || request.method !== 'GET' || request.headers.has('range')) return LEAVE;
  const path = url.pathname === '/' ? '/index.html' : url.pathname;
  if (path === '/models/index.json') return { kind: 'site-list' };
  if (path.startsWith('/models/')) return { kind: 'site-file', path };
  if (kept.has(path)) return { kind: 'kept', path };
  return path.startsWith('/assets/') ? { kind: 'older', path } : LEAVE;
}
