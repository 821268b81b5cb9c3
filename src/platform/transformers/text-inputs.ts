import { Tensor, type PreTrainedTokenizer } from '@huggingface/transformers';
import { bagOf } from '../../domain/embedding/token-bag.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';

/** CLIP reads no more than this; its positions end there. */
const MOST_CLIP_TOKENS = 77;

/** What the model is given for some texts: padded rows, or one bag of tokens with the place where each text begins. */
export function modelInputs(
  spec: EncoderSpec,
  tokenizer: PreTrainedTokenizer,
  texts: string[],
  mostTokens: number,
): Record<string, Tensor> {
  const isClip = spec.modelFile === 'text_model';
  const options = { truncation: true, max_length: isClip ? Math.min(mostTokens, MOST_CLIP_TOKENS) : mostTokens };
  // transformers.js types a tokenizer's call as `any`; these are the shapes that it documents.
  if (spec.inputs !== 'bag') return tokenizer(texts, { padding: true, ...options }) as Record<string, Tensor>;
  const { input_ids } = tokenizer(texts, { add_special_tokens: false, return_tensor: false, ...options }) as {
    input_ids: number[][];
  };
  const { ids, offsets } = bagOf(input_ids);
  return {
    input_ids: new Tensor('int64', ids, [ids.length]),
    offsets: new Tensor('int64', offsets, [offsets.length]),
  };
}
