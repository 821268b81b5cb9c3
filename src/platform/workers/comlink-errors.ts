import { transferHandlers } from 'comlink';
import { ERROR_CODES, WinnowError, type ErrorCode } from '../../domain/errors.ts';

/** comlink's own handler drops an error's class and code; this one keeps what the error table needs. */
interface Thrown {
  readonly value: unknown;
}
interface Serialised {
  readonly isError: boolean;
  readonly value: unknown;
  readonly name: string;
  readonly message: string;
  readonly code: ErrorCode | null;
  readonly detail: string;
}

const original = transferHandlers.get('throw');

transferHandlers.set('throw', {
  canHandle: (value: unknown): value is Thrown => original?.canHandle(value) ?? false,
  serialize({ value }: Thrown): [Serialised, Transferable[]] {
    const isError = value instanceof Error || value instanceof DOMException;
    const code = value instanceof WinnowError ? value.code : null;
    const detail = value instanceof WinnowError ? value.detail : '';
    const plain = isError ? null : value;
    return [
      { isError, value: plain, name: isError ? value.name : '', message: isError ? value.message : '', code, detail },
      [],
    ];
  },
  deserialize(data: Serialised): never {
    if (!data.isError) throw data.value;
    const code = ERROR_CODES.find((c) => c === data.code);
    if (code) throw new WinnowError(code, data.detail);
    if (data.name === 'AbortError') throw new DOMException(data.message, 'AbortError');
    const error = new Error(data.message);
    error.name = data.name;
    throw error;
  },
});
