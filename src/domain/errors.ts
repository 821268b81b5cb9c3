/**
 * Every failure that a user can meet has a code. One table (state/error-texts.ts) maps each code to what happened,
 * what it means for the work and what to do now; the mapping is exhaustive by type.
 */
export const ERROR_CODES = [
  'storage-unavailable',
  'storage-full',
  'storage-blocked',
  'project-missing',
  'project-open-elsewhere',
  'bundle-corrupt',
  'bundle-newer',
  'folder-permission',
  'original-missing',
  'table-unreadable',
  'too-large',
  'nothing-usable',
  'encoder-missing',
  'encoder-failed',
  'hub-unreachable',
  'hub-unknown',
  'model-file-missing',
  'model-file-wrong',
  'model-unsuitable',
  'model-no-room',
  'learner-failed',
  'gpu-lost',
  'gpu-unusable',
  'worker-died',
  'too-few-items',
  'rule-too-slow',
  'bad-input',
  'unexpected',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** A failure with a code; `detail` is for the table's sentence or the log, never a stack. Crosses threads intact. */
export class WinnowError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  constructor(code: ErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? code : `${code}: ${detail}`, options);
    this.name = 'WinnowError';
    this.code = code;
    this.detail = detail;
  }
}

/** True for the error that a cancelled operation throws; it is silent everywhere. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
