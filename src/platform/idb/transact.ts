import { unwrap, type IDBPTransaction, type StoreNames } from 'idb';
import { WinnowError } from '../../domain/errors.ts';
import type { Database, WinnowDb } from './database.ts';

type Names = readonly StoreNames<WinnowDb>[];
type Writing<S extends Names> = IDBPTransaction<WinnowDb, S, 'readwrite'>;

/**
 * Runs one read-write transaction, all or nothing: it resolves once the browser has completed it and rejects after it has
 * been undone, with the transaction's own error (a request that merely fell with it says `AbortError`, which would be
 * taken for a cancellation). Inside `body` await nothing but requests of `tx`, and hand each write to `keep`.
 * Throws `storage-full`, `storage-blocked`, `storage-unavailable` or `unexpected`.
 */
export async function transact<S extends Names>(
  db: Database,
  stores: S,
  body: (tx: Writing<S>, keep: (write: Promise<unknown>) => void) => void | Promise<void>,
  durability: IDBTransactionDurability = 'strict',
): Promise<void> {
  let thrown: unknown = null;
  try {
    const tx = db.transaction(stores, 'readwrite', { durability });
    const native = unwrap(tx);
    const ended = new Promise<DOMException | null>((resolve) => {
      native.addEventListener('complete', () => resolve(null));
      native.addEventListener('abort', () => resolve(native.error ?? new DOMException('', 'AbortError')));
    });
    // The outcome comes from the transaction; its requests and `done` only must not become unhandled rejections.
    const keep = (write: Promise<unknown>): void => void write.catch(() => undefined);
    keep(tx.done);
    try {
      await body(tx, keep);
    } catch (error) {
      thrown = error;
      abort(native);
    }
    const failure = await ended;
    if (failure) throw isOwnAbort(failure) ? (thrown ?? failure) : failure;
  } catch (error) {
    throw coded(error);
  }
}

/** Runs a read and gives its failure a code. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw coded(error);
  }
}

/** A storage failure with its code. Never an `AbortError`: that one is silent in the app, and this was no cancellation. */
export function coded(error: unknown): WinnowError {
  if (error instanceof WinnowError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const options = { cause: error };
  if (name === 'QuotaExceededError') return new WinnowError('storage-full', '', options);
  // The connection was closed for a newer version in another tab.
  if (name === 'InvalidStateError') return new WinnowError('storage-blocked', '', options);
  if (name === 'AbortError' || name === 'UnknownError') {
    return new WinnowError('storage-unavailable', 'The browser closed the database', options);
  }
  return new WinnowError('unexpected', error instanceof Error ? error.message : String(error), options);
}

function isOwnAbort(error: DOMException): boolean {
  return error.name === 'AbortError';
}

function abort(tx: IDBTransaction): void {
  try {
    tx.abort();
  } catch (error) {
    // It has already ended by itself, which is what was wanted.
    if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
  }
}
