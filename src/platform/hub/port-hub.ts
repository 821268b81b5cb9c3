import { WinnowError } from '../../domain/errors.ts';
import type { Hub, HubListing, ModelKey } from '../../loop/model-ports.ts';
import type { FromDocument, ToDocument } from './messages.ts';
import { readListing } from './read-listing.ts';

type Reply = Exclude<FromDocument, { kind: 'ready' }>;
type Request = ToDocument extends infer M ? (M extends unknown ? Omit<M, 'id'> : never) : never;

/** Said of a hub that gave no answer at all, in contrast to a connection that broke. */
export const NO_ANSWER = 'There was no answer';

/** The hub behind the port of a download document. */
export class PortHub implements Hub {
  readonly #port: MessagePort;
  readonly #listeners = new Map<number, (reply: Reply) => void>();
  #nextId = 1;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromDocument>) => {
      if (data.kind !== 'ready') this.#listeners.get(data.id)?.(data);
    };
  }

  async list(key: ModelKey, signal: AbortSignal): Promise<HubListing> {
    for await (const reply of this.#ask({ kind: 'list', ...key }, signal)) {
      if (reply.kind === 'listing') return readListing(reply.answer);
      if (reply.kind === 'failed' && reply.status !== null && reply.status < 500) {
        throw new WinnowError('hub-unknown', key.repository);
      }
      if (reply.kind === 'failed') throw new WinnowError('hub-unreachable', NO_ANSWER);
    }
    throw new WinnowError('hub-unreachable', NO_ANSWER);
  }

  async read(repository: string, commit: string, path: string, from: number, signal: AbortSignal) {
    const replies = this.#ask({ kind: 'read', repository, commit, path, from }, signal);
    const { value: first } = await replies.next();
    if (first?.kind !== 'start') {
      await replies.return(undefined);
      const status = first?.kind === 'failed' ? first.status : null;
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
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
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
