import { readdirSync } from 'node:fs';
import type { PreTrainedTokenizer } from '@huggingface/transformers';
import { describe, expect, it } from 'vitest';
import { encoders } from '../../src/encoders/index.ts';
import { DTYPES, filesOf, totalBytes, weightsPath } from '../../src/encoders/spec.ts';
import { TextReader } from '../../src/platform/transformers/text-reader.ts';

const fileNames = readdirSync('src/encoders')
  .map((name) => name.replace(/\.ts$/, ''))
  .filter((name) => name !== 'index' && name !== 'spec');

describe('the encoder registry', () => {
  it('holds one encoder per file, named after it, built-in ones first', () => {
    expect(encoders.map((e) => e.id).sort()).toEqual(fileNames.sort());
    const needsFiles = encoders.map((e) => e.runtime === 'transformers');
    expect(needsFiles).toEqual([...needsFiles].sort());
  });
  it('has a built-in and a downloadable encoder for texts and for images', () => {
    for (const modality of ['text', 'image']) {
      const of = encoders.filter((e) => e.modality === modality);
      expect(of.some((e) => e.runtime !== 'transformers')).toBe(true);
      expect(of.some((e) => e.hub !== null)).toBe(true);
    }
  });
});

describe.each(encoders.map((e) => [e.id, e] as const))('encoder %s', (_id, spec) => {
  it('says what a person needs to choose it', () => {
    expect(spec.name).not.toBe('');
    expect(spec.advice).toMatch(/^[A-Z].*\.$/);
    expect(spec.licence).toMatch(/^(Apache-2\.0|MIT)$/);
    if (spec.modality === 'text') expect(spec.languages).not.toBe('');
    expect(Number.isInteger(spec.revision) && spec.revision > 0).toBe(true);
  });

  it('is either built in, without files, or a model with files and a width', () => {
    if (spec.runtime === 'transformers') {
      expect(spec.path).toMatch(/^[\w.-]+\/[\w.-]+$/);
      expect(spec.dim).toBeGreaterThan(0);
      expect(spec.pooling).not.toBe('none');
      expect(spec.sizeBytes).toBeGreaterThan(0);
    } else {
      expect(spec).toMatchObject({ path: '', dim: 0, pooling: 'none', sizeBytes: 0, hub: null });
      expect(spec.runtime).toBe(`builtin-${spec.modality}`);
    }
  });

  it('never computes with 8-bit weights on WebGPU', () => {
    expect(spec.dtypes.webgpu).not.toBe('q8');
  });

  it('computes in half precision on graphics cards that can, where its weights are to be had so', () => {
    if (spec.hub) expect(spec.dtypes.webgpu).toBe(spec.hub.weights.fp16 ? 'fp16' : 'fp32');
  });

  it('names every file that the engine asks for, once', () => {
    const { hub } = spec;
    if (!hub) return;
    expect(hub.repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
    expect(hub.revision).toMatch(/^(main|[0-9a-f]{40})$/);
    const needed =
      spec.modality === 'text' ? ['tokenizer.json', 'tokenizer_config.json'] : ['preprocessor_config.json'];
    expect(hub.files.map((f) => f.path).sort()).toEqual(['config.json', ...needed].sort());
    for (const dtype of [spec.dtypes.webgpu, spec.dtypes.wasm]) expect(hub.weights[dtype]).toBeDefined();
    for (const dtype of DTYPES) {
      const files = filesOf(hub, dtype);
      if (files.length === 0) continue;
      expect(files.at(-1)?.path).toBe(weightsPath(dtype, spec.modelFile));
      expect(new Set(files.map((f) => f.path)).size).toBe(files.length);
      for (const file of files) {
        expect(file.sizeBytes).toBeGreaterThan(0);
        if (file.sha256 !== undefined) expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }
    expect(spec.sizeBytes).toBe(totalBytes(filesOf(hub, spec.dtypes.wasm)));
  });

  it('reads as many tokens of a text as it was trained on, and never more than a model can', () => {
    if (spec.modality === 'image' || spec.runtime !== 'transformers') expect(spec.mostTokens).toBeUndefined();
    const trained: Record<string, number | undefined> = { 'bge-small-en-v1.5': 512, 'multilingual-e5-small': 512 };
    expect(spec.mostTokens).toBe(trained[spec.id]);
    // A tokeniser that turns every letter into a token.
    const tokenise = (texts: string[], o: { truncation: boolean; max_length: number }) => ({
      input_ids: texts.map((text) => [...text].map(() => 1).slice(0, o.truncation ? o.max_length : text.length)),
    });
    const tokenizer = Object.assign(tokenise, { model_max_length: 512 }) as unknown as PreTrainedTokenizer;
    const { lengths, truncated } = new TextReader(spec, tokenizer).read(['a'.repeat(600), 'b']);
    expect(lengths[0]).toBe(spec.modelFile === 'text_model' ? 77 : (trained[spec.id] ?? 256));
    expect(truncated).toEqual([0]);
  });

  it('treats preprocessing that belongs to texts as such', () => {
    if (spec.modality === 'image') {
      expect(spec.prefix).toBeUndefined();
      expect(spec.inputs).toBeUndefined();
    } else if (spec.prefix !== undefined) expect(spec.prefix).toMatch(/\s$/);
  });
});
