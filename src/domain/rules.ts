import type { ClassId } from './ids.ts';

/**
 * A guess that the user writes before anything is labelled: texts that it hits may be of the class. Guesses spread the
 * first batches over the classes; they are never labels and train nothing.
 */
export interface TextRule {
  readonly id: string;
  readonly classId: ClassId;
  /** `words`: whole words or phrases between commas, `refund*` for any ending. `pattern`: a regular expression. Case never counts. */
  readonly kind: 'words' | 'pattern';
  readonly text: string;
}
export interface TextRules {
  /** Version of this shape. */
  readonly version: 1;
  readonly list: readonly TextRule[];
}

export const NO_RULES: TextRules = { version: 1, list: [] };
export const LONGEST_RULE = 500;

/** Scripts that put no space between words: there a word may begin and end anywhere. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]$/u;
const LETTER = '[\\p{L}\\p{M}\\p{N}_]';

/** What the rule looks for. Throws `RangeError` with a sentence for the user. */
export function compileRule({ kind, text }: Pick<TextRule, 'kind' | 'text'>): RegExp {
  if (text.trim() === '') throw new RangeError(kind === 'words' ? 'Write at least one word.' : 'Write a pattern.');
  if (text.length > LONGEST_RULE) throw new RangeError(`A rule has at most ${LONGEST_RULE} characters; write two.`);
  return kind === 'words' ? wordsExpression(text) : patternExpression(text);
}

/** Why the rule can't be used, as a sentence; null when it can. */
export function ruleProblem(rule: Pick<TextRule, 'kind' | 'text'>): string | null {
  try {
    compileRule(rule);
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function wordsExpression(text: string): RegExp {
  const words = text
    .split(/[,;\n]/)
    .map((word) => word.trim().replace(/\s+/g, ' '))
    .filter((word) => /[\p{L}\p{N}\p{S}]/u.test(word));
  if (words.length === 0) throw new RangeError('Write at least one word.');
  return new RegExp(words.map(wordExpression).join('|'), 'iu');
}

function wordExpression(word: string): string {
  const isOpen = word.endsWith('*');
  const letters = isOpen ? word.slice(0, -1) : word;
  const characters = [...letters];
  const escaped = letters.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/ /g, '\\s+');
  const isLetter = (c: string | undefined): boolean =>
    c !== undefined && /[\p{L}\p{M}\p{N}_]/u.test(c) && !UNSPACED.test(c);
  const start = isLetter(characters[0]) ? `(?<!${LETTER})` : '';
  const end = !isOpen && isLetter(characters.at(-1)) ? `(?!${LETTER})` : '';
  return `${start}${escaped}${end}`;
}

function patternExpression(text: string): RegExp {
  let expression: RegExp;
  try {
    expression = new RegExp(text, 'iu');
  } catch (error) {
    const why = error instanceof Error ? (error.message.split(': ').at(-1) ?? '') : '';
    throw new RangeError(`This is not a regular expression${why ? `: ${why.toLowerCase()}` : ''}.`);
  }
  if (expression.test('')) throw new RangeError('This pattern fits every text, even an empty one. Make it narrower.');
  return expression;
}
