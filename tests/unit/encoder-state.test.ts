import { learntFrom, noting } from '../../src/loop/stored-embeddings.ts';
import { describe, expect, it } from 'vitest';
import { fitLatentSemantic } from '../../src/domain/embedding/latent-semantic.ts';
import { fitPatchModel, IMAGE_BYTES } from '../../src/domain/embedding/patch-features.ts';
import { packState, unpackState } from '../../src/formats/bundle-state.ts';
import { isEncoderState, readLatentSemantic, readPatchModel } from '../../src/formats/validate-encoder-state.ts';

const quiet = (): void => undefined;
const texts = ['the cat sat', 'a dog ran', 'the dog sat', 'one cat'];
const images = Uint8Array.from({ length: IMAGE_BYTES }, (_, i) => (i * 37 + (i >> 7)) & 255);

const model = fitPatchModel(images, 1, quiet);

/** A state as it comes back from a project file. */
function travelled(state: unknown): unknown {
  const { json, bytes } = packState(state);
  return unpackState(JSON.parse(JSON.stringify(json)), bytes);
}

describe('what the built-in encoders have learnt', () => {
  it('is taken as it was learnt, also from very few items', () => {
    for (const sample of [texts, ['one'], ['']]) {
      const learnt = fitLatentSemantic(sample, quiet);
      expect(readLatentSemantic(travelled(learnt))).toEqual(learnt);
    }
    expect(readPatchModel(travelled(model))).toEqual(model);
  });

  it('is refused with a wrong shape, size or number', () => {
    const [first, ...rest] = model.dictionaries;
    const nan = model.axes.axes.slice();
    nan[5] = NaN;
    const bad: unknown[] = [
      null,
      {},
      { ...model, dictionaries: rest },
      { ...model, dictionaries: [{ ...first, offset: new Float64Array(3) }, ...rest] },
      { ...model, dictionaries: [{ ...first, centroids: new Float64Array(0) }, ...rest] },
      { ...model, axes: { ...model.axes, axes: nan } },
      { ...model, axes: { ...model.axes, dim: model.axes.dim + 1 } },
      { ...model, axes: { ...model.axes, features: 7 } },
    ];
    for (const state of bad) {
      expect(readPatchModel(state)).toBeNull();
      expect(isEncoderState('builtin-image@3-fp32', 'image', state)).toBe(false);
    }
    expect(isEncoderState('hub:some/model@1-q8', 'image', { truncated: [] })).toBe(true);
  });

  it('says from how many items, at least', () => {
    const learnt = fitLatentSemantic(texts, quiet);
    expect(learntFrom(noting(learnt, 1057))).toBe(1057);
    expect(travelled(noting(learnt, 1057))).toEqual({ ...learnt, learntFrom: 1057 });
    // Nothing was noted before: it can't give more numbers than it had items.
    expect(learntFrom(learnt)).toBe(learnt.dim);
    expect(learntFrom(model)).toBe(model.axes.dim);
    expect([learntFrom(null), learntFrom({ truncated: [] })]).toEqual([null, null]);
    expect(isEncoderState('builtin-text@1.2-fp32', 'text', noting(learnt, 3))).toBe(true);
    for (const bad of [-1, 0.5, NaN, '7']) {
      expect(isEncoderState('builtin-text@1-fp32', 'text', { ...learnt, learntFrom: bad })).toBe(false);
    }
  });
});
