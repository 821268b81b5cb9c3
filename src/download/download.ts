/**
 * The download document: the only part of Winnow that may reach another server, and only the hub. Where hub and browser allow
 * it, it runs in a frame without the app's origin, so that the browser itself keeps it away from everything that is stored; it
 * never reads any of it. It gets names of files, and hands over their bytes. Inlined into download.html; imports types only.
 */
import type { FromDocument, ToDocument } from '../platform/hub/messages.ts';

const HUB = document.documentElement.dataset['hub'] ?? '';
/** Pieces on the way that are not stored yet. */
const AHEAD = 8;
const PART = /^[\w.-]+$/;

interface Running {
  readonly stop: AbortController;
  credit: number;
  wake: () => void;
}

addEventListener('message', (event) => {
  const [port] = event.ports;
  if (event.source === parent && port) serve(port);
});

function serve(port: MessagePort): void {
  const running = new Map<number, Running>();
  const say = (message: FromDocument, transfer: Transferable[] = []): void => port.postMessage(message, transfer);
  port.onmessage = ({ data }: MessageEvent<ToDocument>) => {
    const known = running.get(data.id);
    if (data.kind === 'more') {
      if (known) known.credit++;
      known?.wake();
    } else if (data.kind === 'cancel') {
      known?.stop.abort();
      known?.wake();
    } else {
      const job: Running = { stop: new AbortController(), credit: AHEAD, wake: () => undefined };
      running.set(data.id, job);
      answer(data, job, say)
        .catch((error: unknown) => say({ kind: 'failed', id: data.id, status: null, reason: String(error) }))
        .finally(() => running.delete(data.id));
    }
  };
  say({ kind: 'ready' });
}

async function answer(
  request: Extract<ToDocument, { kind: 'list' | 'read' }>,
  job: Running,
  say: (message: FromDocument, transfer?: Transferable[]) => void,
): Promise<void> {
  const { id } = request;
  const from = request.kind === 'read' ? request.from : 0;
  const response = await fetch(addressOf(request), {
    // A single range from a start is a request that needs no leave beforehand, which the hub's file servers do not give.
    headers: from > 0 ? { Range: `bytes=${from}-` } : {},
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    signal: job.stop.signal,
  });
  if (!response.ok || !response.body) {
    say({ kind: 'failed', id, status: response.status, reason: response.statusText });
    return;
  }
  if (request.kind === 'list') {
    say({ kind: 'listing', id, answer: await response.json() });
    return;
  }
  say({ kind: 'start', id, from: response.status === 206 ? from : 0 });
  const reader = response.body.getReader();
  for (;;) {
    while (job.credit === 0 && !job.stop.signal.aborted) await new Promise<void>((wake) => (job.wake = wake));
    const { done, value } = await reader.read();
    if (done) break;
    job.credit--;
    const bytes = Uint8Array.from(value);
    say({ kind: 'piece', id, bytes }, [bytes.buffer]);
  }
  say({ kind: 'end', id });
}

/** Only names of a model's parts fit into an address. */
function addressOf(request: Extract<ToDocument, { kind: 'list' | 'read' }>): string {
  const repository = request.repository.split('/');
  const revision = request.kind === 'list' ? request.revision : request.commit;
  const path = request.kind === 'read' ? request.path.split('/') : [];
  const parts = [...repository, revision, ...path];
  if (repository.length !== 2 || !parts.every((part) => PART.test(part) && !/^\.+$/.test(part))) {
    throw new Error('Not the name of a model on the hub');
  }
  return request.kind === 'list'
    ? `${HUB}/api/models/${request.repository}/revision/${revision}?blobs=true`
    : `${HUB}/${request.repository}/resolve/${revision}/${path.join('/')}`;
}
