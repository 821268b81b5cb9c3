import { describe, expect, it } from 'vitest';
import { encoders } from '../../src/encoders/index.ts';
import { filesOf, type Dtype, type EncoderSpec } from '../../src/encoders/spec.ts';
import { embeddingKey, precisionInUse, precisionOf } from '../../src/loop/embedding-key.ts';
import {
  asServed,
  dtypeToFetch,
  leftovers,
  placeOf,
  removable,
  storedBytes,
  type Whereabouts,
} from '../../src/loop/model-place.ts';
import { named } from '../fixtures/encoders.ts';

const minilm = named('all-minilm-l6-v2');
const pictures = named('clip-vit-base-patch32');
const words = named('clip-vit-base-patch32-text');

/** What is downloaded of a model, and what the site serves of it. */
function at(spec: EncoderSpec, here: readonly Dtype[], site: readonly Dtype[] = [], isVerified = true): Whereabouts {
  const { hub } = spec;
  if (!hub) throw new Error('It is not on the hub.');
  const files = [...new Map(here.flatMap((d) => filesOf(hub, d)).map((f) => [f.path, f])).values()];
  const served = Object.fromEntries(site.flatMap((d) => filesOf(hub, d)).map((f) => [f.path, 1]));
  return {
    stored: files.length
      ? [
          {
            key: hub,
            commit: 'c',
            encoders: [],
            files: files.map(({ path }) => ({ path, sizeBytes: 10, storedBytes: 10, isVerified })),
          },
        ]
      : [],
    site: site.length ? [{ path: spec.path, files: served }] : [],
    encoders,
  };
}
function both(...all: Whereabouts[]): Whereabouts {
  const files = all.flatMap((a) => a.stored.flatMap((m) => m.files));
  const [first] = all;
  const [model] = first?.stored ?? [];
  if (!first || !model) throw new Error('Nothing is stored.');
  return { ...first, stored: [{ ...model, files: [...new Map(files.map((f) => [f.path, f])).values()] }] };
}

describe('where the files are that a project needs', () => {
  it.each([
    ['fp32', [], [], 'hub'],
    ['fp32', ['fp32'], [], 'machine'],
    ['fp32', ['fp16'], [], 'machine'],
    ['q8', ['q8'], [], 'machine'],
    // The processor is chosen on a machine with a graphics card; a project in full precision on one without.
    ['q8', ['fp32'], [], 'hub'],
    ['fp32', ['q8'], [], 'hub'],
    ['fp32', ['q8', 'fp32'], [], 'machine'],
    ['q8', [], ['fp32'], 'hub'],
    ['q8', [], ['q8'], 'site'],
    ['fp32', [], ['fp16'], 'site'],
    // The worker reads from this machine as soon as it has any weights.
    ['q8', ['fp32'], ['q8'], 'hub'],
  ] as const)('%s with %j here and %j on the site: %s', (precision, here, site, expected) => {
    expect(placeOf(minilm, precision, at(minilm, here, site))).toBe(expected);
  });

  it('tells a download that was begun from weights of another kind', () => {
    expect(placeOf(minilm, 'q8', at(minilm, ['q8'], [], false))).toBe('partly');
    expect(placeOf(minilm, 'fp32', both(at(minilm, ['q8']), at(minilm, ['fp32'], [], false)))).toBe('partly');
  });

  it('leaves the other half of a pair alone', () => {
    const half = at(pictures, ['q8']);
    expect(placeOf(words, 'q8', half)).toBe('hub');
    expect(storedBytes(words, half)).toBe(0);
    expect(storedBytes(pictures, half)).toBe(30);
    expect(removable(pictures, half)).toContain('config.json');
    const pair = both(half, at(words, ['q8']));
    expect(placeOf(words, 'q8', pair)).toBe('machine');
    expect(removable(pictures, pair)).not.toContain('config.json');
    expect(removable(pictures, pair)).toEqual(
      expect.arrayContaining(['preprocessor_config.json', 'onnx/vision_model_quantized.onnx']),
    );
    expect(removable(words, pair)).not.toContain('onnx/vision_model_quantized.onnx');
  });

  it('lists what no encoder uses any more', () => {
    const { stored } = at(minilm, ['q8']);
    expect(leftovers({ stored, encoders })).toEqual([]);
    expect(leftovers({ stored, encoders: [pictures] })).toEqual(stored);
  });
});

describe('what is downloaded', () => {
  const gpu = { backend: 'webgpu', hasHalf: true } as const;
  const full = { backend: 'webgpu', hasHalf: false } as const;
  const processor = { backend: 'wasm', hasHalf: false } as const;
  const half: EncoderSpec = { ...minilm, dtypes: { webgpu: 'fp16', wasm: 'q8' } };
  it.each([
    ['a graphics card with half precision', half, 'fp32', gpu, 'fp16'],
    ['one without', half, 'fp32', full, 'fp32'],
    ['the processor', half, 'q8', processor, 'q8'],
    ['the processor, for embeddings in full precision', half, 'fp32', processor, 'fp32'],
    ['8-bit embeddings on a machine with a graphics card', half, 'q8', gpu, 'q8'],
  ] as const)('%s', (_name, spec, precision, on, expected) => {
    expect(dtypeToFetch(spec, precision, on)).toBe(expected);
  });

  it('is half precision where the hub has nothing else', () => {
    const only = { ...half, hub: half.hub && { ...half.hub, weights: { fp16: half.hub.weights.fp16 ?? [] } } };
    expect(dtypeToFetch(only, 'fp32', full)).toBe('fp16');
  });
});

describe('the precision of encoders that are not to be had in all of them', () => {
  it('is 8 bits everywhere where there are no other weights', () => {
    const only = { ...minilm, hub: minilm.hub && { ...minilm.hub, weights: { q8: minilm.hub.weights.q8 ?? [] } } };
    expect(precisionOf(only, 'webgpu')).toBe('q8');
    expect(precisionOf({ ...minilm, hub: null, dtypes: { webgpu: 'q8', wasm: 'q8' } }, 'webgpu')).toBe('q8');
    expect(precisionOf(minilm, 'webgpu')).toBe('fp32');
  });

  it('is full on the processor where a site serves nothing else, and stays so', () => {
    const served = asServed(minilm, at(minilm, [], ['fp32']));
    expect(precisionOf(served, 'wasm')).toBe('fp32');
    expect(placeOf(served, precisionOf(served, 'wasm'), at(minilm, [], ['fp32']))).toBe('site');
    expect(asServed(minilm, at(minilm, [], ['q8', 'fp32']))).toBe(minilm);
    expect(asServed(minilm, at(minilm, ['q8'], ['fp32']))).toBe(minilm);
    expect(precisionInUse(minilm, [embeddingKey(served, 'fp32')], 'wasm')).toBe('fp32');
  });
});
