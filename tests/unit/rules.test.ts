import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRule, LONGEST_RULE, ruleProblem } from '../../src/domain/rules.ts';

const hits = (kind: 'words' | 'pattern', text: string, on: string): boolean => compileRule({ kind, text }).test(on);

describe('words', () => {
  it.each([
    ['refund', 'Please REFUND me.', true],
    ['refund', 'refunded yesterday', false],
    ['refund*', 'Refunded yesterday', true],
    ['lost, stolen', 'my card was stolen', true],
    ['money back', 'I want my money\n back', true],
    ['Straße', 'in der STRASSE', false],
    ['öl', 'Öl läuft aus', true],
    ['öl', 'Möbel', false],
    ['c++', 'We use C++ here', true],
    ['a.b', 'axb', false],
    ['退款', '我要退款吗', true],
    ['€', 'costs 5€', true],
    ['don’t', 'I don’t know', true],
    ['re', 'naïve café re-run', true],
  ])('%s on %s: %s', (text, on, expected) => {
    expect(hits('words', text, on)).toBe(expected);
  });

  it('hit a text that is the word itself, whatever the word', () => {
    const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).map((s) => s.replace(/[,;\s*]/gu, ''));
    fc.assert(
      fc.property(word, (text) => {
        fc.pre(/[\p{L}\p{N}]/u.test(text));
        expect(hits('words', text, text)).toBe(true);
        expect(hits('words', text, `x, ${text} .`)).toBe(true);
      }),
    );
  });

  it.each(['', '  ', ',', ' ; *', '...'])('needs a word: "%s"', (text) => {
    expect(ruleProblem({ kind: 'words', text })).toBe('Write at least one word.');
  });
});

describe('patterns', () => {
  it('are regular expressions that ignore case', () => {
    expect(hits('pattern', '^card\\b.*lost', 'Card is lost')).toBe(true);
    expect(hits('pattern', '\\d{4,}', 'code 123')).toBe(false);
  });
  it.each(['(', '[a', '*', 'a{2,1}', '(?<x>a)(?<x>b)'])('say what is wrong: %s', (text) => {
    expect(ruleProblem({ kind: 'pattern', text })).toMatch(/^This is not a regular expression: .+\.$/);
  });
  it('may not fit everything', () => {
    expect(ruleProblem({ kind: 'pattern', text: 'a*' })).toMatch(/fits every text/);
  });
  it('have an end', () => {
    expect(ruleProblem({ kind: 'pattern', text: 'a'.repeat(LONGEST_RULE + 1) })).toMatch(/at most 500 characters/);
    expect(ruleProblem({ kind: 'pattern', text: 'a'.repeat(LONGEST_RULE) })).toBeNull();
  });
});
