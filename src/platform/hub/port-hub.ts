import { WinnowError } from '../../domain/errors.ts';
import type { Hub, HubListing, ModelKey } from '../../loop/model-ports.ts';
import type { FromDocument, ToDocument } from './messages.ts';
import { readListing } from './read-listing.ts';

/** Reason of a failure that is noticed here and not told by the document. */
const SILENT = 'silent';
type Reply = Exclude<FromDocument, { kind: 'ready' }>;
type Request = ToDocument extends infer M ? (M extends unknown ? Omit<M, 'id'> : never) : never;

/**
 * Said of a hub whose answer the browser did not hand over, which it also does to pages without an address; in contrast to a
 * machine without a network, a server in trouble, and a connection that broke or fell silent.
 */
export const NO_ANSWER = 'There was no answer';
/** Milliseconds without a byte after which a connection counts as broken. */
const PATIENCE_MS = 30_000;
/** Too slow, or too many requests: the same may work a little later. */
const LATER = [408, 429];

/** The hub behind the port of a download document. */
export class PortHub implements Hub {
  readonly #port: MessagePort;
  readonly #listeners = new Map<number, (reply: Reply) => void>();
  readonly #patienceMs: number;
  readonly #isOnline: () => boolean;
  #nextId = 1;

  constructor(port: MessagePort, patienceMs = PATIENCE_MS, isOnline = (): boolean => navigator.onLine) {
    this.#port = port;
    this.#patienceMs = patienceMs;
    this.#isOnline = isOnline;
    port.onmessage = ({ data }: MessageEvent<FromDocument>) => {
      if (data.kind !== 'ready') this.#listeners.get(data.id)?.(data);
    };
  }

  async list(key: ModelKey, signal: AbortSignal): Promise<HubListing> {
    for await (const reply of this.#ask({ kind: 'list', ...key }, signal)) {
      if (reply.kind === 'listing') return readListing(reply.answer);
      if (reply.kind !== 'failed') continue;
      const { status, reason } = reply;
      if (status !== null && status < 500 && !LATER.includes(status)) {
        throw new WinnowError('hub-unknown', key.repository);
      }
      if (status !== null) throw new WinnowError('hub-unreachable', `It answered ${status}`);
      throw new WinnowError('hub-unreachable', reason === SILENT || !this.#isOnline() ? '' : NO_ANSWER);
    }
    throw new WinnowError('hub-unreachable');
  }

  async read(
    repository: string,
    commit: string,
    path: string,
    from: number,
    signal: AbortSignal,
  ): ReturnType<Hub['read']> {
    const replies = this.#ask({ kind: 'read', repository, commit, path, from }, signal);
    const { value: first } = await replies.next();
    if (first?.kind !== 'start') {
      await replies.return(undefined);
      const status = first?.kind === 'failed' ? first.status : null;
      const isRefused = status !== null && status !== 404 && status < 500 && !LATER.includes(status);
      // It answers and gives no part of the file: then all of it.
      if (from > 0 && isRefused) return this.read(repository, commit, path, 0, signal);
      if (status === 404) throw new WinnowError('model-file-missing', `${repository} has no ${path}`);
      throw new WinnowError('hub-unreachable', status === null ? '' : `It answered ${status} for ${path}`);
    }
    return { from: first.from, chunks: pieces(replies) };
  }

  /** Replies to one request until it has ended; a reader that stops early cancels it. */
  async *#ask(request: Request, signal: AbortSignal): AsyncGenerator<Reply, undefined> {
    signal.throwIfAborted();
    const id = this.#nextId++;
    const waiting: Reply[] = [];
    let wake: () => void = () => undefined;
    this.#listeners.set(id, (reply) => {
      waiting.push(reply);
      wake();
    });
    const onAbort = (): void => wake();
    signal.addEventListener('abort', onAbort);
    this.#post({ ...request, id } as ToDocument);
    let isOver = false;
    try {
      for (;;) {
        const reply = waiting.shift();
        signal.throwIfAborted();
        if (!reply) {
          const timer = setTimeout(() => {
            waiting.push({ kind: 'failed', id, status: null, reason: SILENT });
            wake();
          }, this.#patienceMs);
          await new Promise<void>((resolve) => (wake = resolve));
          clearTimeout(timer);
          continue;
        }
        // The document is told to give up as well.
        if (reply.kind === 'failed' && reply.reason === SILENT) this.#post({ kind: 'cancel', id });
        isOver = reply.kind === 'end' || reply.kind === 'failed' || reply.kind === 'listing';
        yield reply;
        if (isOver) return;
        if (reply.kind === 'piece') this.#post({ kind: 'more', id });
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#listeners.delete(id);
      if (!isOver) this.#post({ kind: 'cancel', id });
    }
  }

  #post(message: ToDocument): void {
    this.#port.postMessage(message);
  }
}

async function* pieces(replies: AsyncGenerator<Reply, undefined>): AsyncGenerator<Uint8Array> {
  for await (const reply of replies) {
    if (reply.kind === 'piece') yield reply.bytes;
    if (reply.kind === 'failed') throw new WinnowError('hub-unreachable', 'The connection broke');
  }
}
