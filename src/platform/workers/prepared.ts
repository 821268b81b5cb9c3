import type { EncodeInput, Encoded } from '../../loop/encoder-ports.ts';

/** Token ids of some texts, one text after the other, special tokens included. */
export interface PreparedTokens {
  readonly kind: 'tokens';
  readonly ids: Int32Array;
  /** Tokens of each text; 0 for one that has none. */
  readonly lengths: Int32Array;
  /** Texts that were cut, by index. */
  readonly truncated: readonly number[];
}
/** Pixels as the model wants them: planar [count, 3, height, width]; zeros where a picture can't be decoded. */
export interface PreparedPixels {
  readonly kind: 'pixels';
  readonly data: Float32Array;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly failed: Encoded['failed'];
}
/** As they come, for an encoder that reads them by itself. */
export interface PlainInputs {
  readonly kind: 'plain';
  readonly inputs: readonly EncodeInput[];
}
export type Prepared = PreparedTokens | PreparedPixels | PlainInputs;

export function countOf(prepared: Prepared): number {
  if (prepared.kind === 'tokens') return prepared.lengths.length;
  return prepared.kind === 'pixels' ? prepared.count : prepared.inputs.length;
}
