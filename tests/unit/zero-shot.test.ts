import { describe, expect, it } from 'vitest';
import { classVectors, descriptionsOf, wordsOf } from '../../src/domain/embedding/zero-shot.ts';
import clip from '../../src/encoders/clip-vit-base-patch32.ts';
import { encoderById, encoders } from '../../src/encoders/index.ts';

describe('words of a class', () => {
  it('are its name as people would write it', () => {
    expect(wordsOf('card_not-working')).toBe('card not working');
    expect(wordsOf('LostOrStolen')).toBe('Lost or stolen');
    expect(wordsOf('SMS')).toBe('SMS');
    expect(wordsOf(' naïveÉtat ')).toBe('naïve état');
  });
  it('are its name and each sentence of its guideline', () => {
    expect(descriptionsOf('Refund', 'Money back. Not a refusal!\nAlso vouchers')).toEqual([
      'Refund',
      'Refund: Money back.',
      'Refund: Not a refusal!',
      'Refund: Also vouchers',
    ]);
    expect(descriptionsOf('Refund', ' ')).toEqual(['Refund']);
    expect(descriptionsOf('__', '')).toEqual(['__']);
  });
  it('go into every sentence that the encoder was trained to read', () => {
    const texts = descriptionsOf('steel_bridge', 'It crosses a river.', clip.words.templates);
    expect(texts).toContain('a photo of a steel bridge.');
    expect(texts).toHaveLength(clip.words.templates.length + 1);
    expect(texts.some((text) => text.includes('{'))).toBe(false);
  });
});

describe('vector of a class', () => {
  it('is the unit vector along the mean of its descriptions', () => {
    const vectors = classVectors(Float32Array.of(1, 0, 0, 1, 0, 1), [2, 1], 2);
    [Math.SQRT1_2, Math.SQRT1_2, 0, 1].forEach((wanted, i) => expect(vectors[i]).toBeCloseTo(wanted, 6));
  });
  it('is zero for a class that nothing describes', () => {
    expect([...classVectors(Float32Array.of(0, 0), [0, 1], 2)]).toEqual([0, 0, 0, 0]);
  });
});

it('an encoder of pictures that reads words names one of texts of the same width', () => {
  for (const spec of encoders.filter((e) => e.words)) {
    const words = encoderById(spec.words?.encoder ?? '');
    expect(words?.modality).toBe('text');
    expect(words?.dim).toBe(spec.dim);
    expect(spec.words?.templates.every((t) => t.includes('{name}'))).toBe(true);
  }
});
