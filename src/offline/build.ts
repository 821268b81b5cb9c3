/** What a build says of itself to its service worker; written into it by `scripts/offline-copy.ts`. */
export interface Build {
  /** Of all files and of the worker's own code: another one is another build. */
  readonly version: string;
  readonly files: readonly BuiltFile[];
  /** Header sets that files name. */
  readonly headers: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
export interface BuiltFile {
  /** From the site's root, with the leading slash. */
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 as the `integrity` of a request wants it: `sha256-` and base64. */
  readonly integrity: string;
  readonly contentType: string;
  /** A key of `Build.headers`. */
  readonly headers: string;
}

/** What the page says to the worker. `describe` comes with a port for the answer. */
export type ToCopy = { readonly kind: 'take-over' } | { readonly kind: 'tidy' } | { readonly kind: 'describe' };
export interface CopyDescription {
  readonly version: string;
  readonly sizeBytes: number;
}

/** What a worker, the service worker among them, tells a page about its own requests; the page's observer does not see them. */
export interface RequestReport {
  readonly kind: 'winnow-requests';
  readonly addresses: readonly string[];
}

/** In the `Server-Timing` header of what comes from this machine and not from a network. */
export const KEPT_MARK = 'winnow-kept';
