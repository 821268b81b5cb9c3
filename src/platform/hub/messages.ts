/** What crosses between the app and the download document. Everything that goes out is here: names, no data. */

interface Asked {
  /** Of the request that it belongs to. */
  readonly id: number;
}
export type ToDocument = Asked &
  (
    | { readonly kind: 'list'; readonly repository: string; readonly revision: string }
    | {
        readonly kind: 'read';
        readonly repository: string;
        readonly commit: string;
        readonly path: string;
        readonly from: number;
      }
    /** A piece was stored; another may come. */
    | { readonly kind: 'more' }
    | { readonly kind: 'cancel' }
  );

export type FromDocument =
  | { readonly kind: 'ready' }
  | (Asked &
      (
        | { readonly kind: 'listing'; readonly answer: unknown }
        | { readonly kind: 'start'; readonly from: number }
        | { readonly kind: 'piece'; readonly bytes: Uint8Array<ArrayBuffer> }
        | { readonly kind: 'end' }
        /** `status` is null when there was no answer or the connection broke. */
        | { readonly kind: 'failed'; readonly status: number | null; readonly reason: string }
      ));
