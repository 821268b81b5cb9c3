import type { Tensor } from '@huggingface/transformers';
import { describe, expect, it } from 'vitest';
import potion from '../../src/encoders/potion-base-2m.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import { poolOutput } from '../../src/platform/transformers/pool-output.ts';

const tensor = (dims: number[], values: number[]): Tensor =>
  ({ dims, type: 'float32', location: 'cpu', data: Float32Array.from(values) }) as unknown as Tensor;
const spec = (more: Partial<EncoderSpec>): EncoderSpec => ({ ...potion, dim: 2, ...more });
const ofTwo = [Int32Array.of(1, 2), Int32Array.of(1)];
const noTokens = [new Int32Array(), new Int32Array()];

describe('what a model gives', () => {
  const hidden = tensor([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  it('is pooled over the tokens of each text, or its first one', async () => {
    const output = { last_hidden_state: hidden };
    expect([...(await poolOutput(spec({ pooling: 'mean' }), output, ofTwo, 2))]).toEqual([2, 3, 5, 6]);
    expect([...(await poolOutput(spec({ pooling: 'cls' }), output, ofTwo, 2))]).toEqual([1, 2, 5, 6]);
  });

  it('is taken as it is where the model pools', async () => {
    const output = { last_hidden_state: hidden, pooler_output: tensor([2, 2], [9, 8, 7, 6]) };
    expect([...(await poolOutput(spec({ pooling: 'model' }), output, noTokens, 0))]).toEqual([9, 8, 7, 6]);
    expect([...(await poolOutput(spec({ pooling: 'cls' }), output, noTokens, 0))]).toEqual([1, 2, 5, 6]);
  });

  it('is averaged over all places of a picture that has no class token', async () => {
    const output = { last_hidden_state: hidden };
    expect([...(await poolOutput(spec({ pooling: 'mean' }), output, noTokens, 0))]).toEqual([2, 3, 6, 7]);
  });

  it.each(['last_hidden_state', 'pooler_output'])('is averaged over the places of maps: %s', async (name) => {
    // Two pictures, two channels of 1 x 3 places.
    const output = { [name]: tensor([2, 2, 1, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) };
    expect([...(await poolOutput(spec({ pooling: 'cls' }), output, noTokens, 0))]).toEqual([2, 5, 8, 11]);
  });

  it('is refused when it is of another width, or no embedding', async () => {
    const output = { last_hidden_state: hidden };
    await expect(poolOutput(spec({ dim: 384 }), output, ofTwo, 2)).rejects.toMatchObject({
      code: 'model-unsuitable',
      detail: 'It gives 2 numbers for an item, and 384 were expected',
    });
    expect(await poolOutput(spec({ dim: 0 }), output, ofTwo, 2)).toHaveLength(4);
    await expect(poolOutput(spec({}), { logits: hidden }, ofTwo, 2)).rejects.toMatchObject({
      code: 'model-unsuitable',
      detail: 'It gives logits and no embeddings',
    });
  });
});
