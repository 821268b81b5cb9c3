import { AutoTokenizer, type PreTrainedTokenizer } from '@huggingface/transformers';
import { USUAL_TOKENS, type EncoderSpec } from '../../encoders/spec.ts';
import type { PreparedTokens } from '../workers/prepared.ts';

/** CLIP's positions end here. */
const MOST_CLIP_TOKENS = 77;
/** More than this many characters never fit into the tokens above. */
const MOST_CHARACTERS = 20_000;

/** Turns texts into token ids as an encoder wants them. */
export class TextReader {
  readonly #spec: EncoderSpec;
  readonly #tokenizer: PreTrainedTokenizer;
  readonly #most: number;

  constructor(spec: EncoderSpec, tokenizer: PreTrainedTokenizer) {
    this.#spec = spec;
    this.#tokenizer = tokenizer;
    const most = spec.modelFile === 'text_model' ? MOST_CLIP_TOKENS : (spec.mostTokens ?? USUAL_TOKENS);
    const own: unknown = tokenizer.model_max_length;
    this.#most = typeof own === 'number' && own > 0 ? Math.min(most, own) : most;
  }

  static async open(spec: EncoderSpec): Promise<TextReader> {
    return new TextReader(spec, await AutoTokenizer.from_pretrained(spec.path));
  }

  read(texts: readonly string[]): PreparedTokens {
    const prefix = this.#spec.prefix ?? '';
    const isBag = this.#spec.inputs === 'bag';
    const cut = texts.map((text) => prefix + text.slice(0, MOST_CHARACTERS));
    const options = { add_special_tokens: !isBag, return_tensor: false, padding: false };
    // transformers.js types a tokenizer's call as `any`; without tensors it gives one list for each text.
    const whole = this.#tokenizer(cut, { ...options, truncation: false }) as { input_ids: number[][] };
    const truncated = whole.input_ids.flatMap((row, i) => (row.length > this.#most ? [i] : []));
    const rows = [...whole.input_ids];
    if (truncated.length > 0) {
      // Again, by the tokenizer itself: it keeps the closing special token.
      const some = truncated.map((i) => cut[i] ?? '');
      const again = this.#tokenizer(some, { ...options, truncation: true, max_length: this.#most }) as {
        input_ids: number[][];
      };
      truncated.forEach((i, k) => (rows[i] = again.input_ids[k] ?? []));
    }
    const lengths = Int32Array.from(rows, (row) => row.length);
    const ids = new Int32Array(lengths.reduce((a, b) => a + b, 0));
    let at = 0;
    for (const row of rows) {
      ids.set(row, at);
      at += row.length;
    }
    return { kind: 'tokens', ids, lengths, truncated };
  }
}
