import { describe, expect, it } from 'vitest';
import { WinnowError } from '../../src/domain/errors.ts';
import { classId, itemId } from '../../src/domain/ids.ts';
import type { Item } from '../../src/domain/item.ts';
import { compileRule, type TextRule } from '../../src/domain/rules.ts';
import type { RuleMatcher } from '../../src/loop/app-ports.ts';
import { groupsOfHints } from '../../src/loop/hint-groups.ts';
import { matchRules } from '../../src/loop/match-rules.ts';

const item = (row: number, hint: string | null = null): Item => ({
  id: itemId(String(row)),
  row,
  modality: 'text',
  paths: [`t.csv#${row}`],
  sizeBytes: 1,
  width: 0,
  height: 0,
  preview: '',
  hint,
});
const rule = (id: string, kind: TextRule['kind'], text: string): TextRule => ({
  id,
  classId: classId('c'),
  kind,
  text,
});

/** Looks in this thread; a pattern that holds "slow" takes too long on texts that hold "bomb". */
class FakeRuleMatcher implements RuleMatcher {
  calls = 0;
  hits({ kind, text }: Pick<TextRule, 'kind' | 'text'>, texts: readonly string[]): Promise<Int32Array> {
    this.calls++;
    if (text.includes('slow') && texts.some((t) => t.includes('bomb'))) throw new WinnowError('rule-too-slow');
    return Promise.resolve(Int32Array.from(texts.flatMap((t, i) => (compileRule({ kind, text }).test(t) ? [i] : []))));
  }
  stop(): void {
    this.calls = 0;
  }
}

describe('matching rules', () => {
  const items = Array.from({ length: 1200 }, (_, row) => item(row));
  const read = (ids: readonly string[]) =>
    Promise.resolve(
      ids.map((id) => (id === '7' ? null : id === '900' ? 'bomb' : `text ${id} ${Number(id) % 3 === 0 ? 'fizz' : ''}`)),
    );

  it('looks at every text, in batches, by row', async () => {
    const matcher = new FakeRuleMatcher();
    const found = await matchRules([rule('r', 'words', 'fizz')], items, read, matcher, new AbortController().signal);
    const expected = items.map((i) => i.row).filter((row) => row % 3 === 0 && row !== 900);
    expect([...(found.get('r')?.rows ?? [])]).toEqual(expected);
    expect(matcher.calls).toBeGreaterThan(1);
  });

  it('leaves a rule out that is broken or too slow, says why, and goes on with the others', async () => {
    const rules = [rule('bad', 'pattern', '('), rule('slow', 'pattern', 'slow|text'), rule('ok', 'words', 'text')];
    const found = await matchRules(rules, items, read, new FakeRuleMatcher(), new AbortController().signal);
    expect(found.get('bad')?.problem).toMatch(/not a regular expression/);
    expect(found.get('slow')).toEqual({ rows: new Int32Array(), problem: expect.stringMatching(/takes too long/) });
    expect(found.get('ok')?.problem).toBeNull();
    expect(found.get('ok')?.rows).toHaveLength(1198);
  });

  it('passes other errors on and stops when it is cancelled', async () => {
    const broken: RuleMatcher = { hits: () => Promise.reject(new WinnowError('worker-died')), stop: () => undefined };
    const signal = new AbortController().signal;
    await expect(matchRules([rule('r', 'words', 'x')], items, read, broken, signal)).rejects.toThrow('worker-died');
    const ended = AbortSignal.abort();
    await expect(matchRules([rule('r', 'words', 'x')], items, read, new FakeRuleMatcher(), ended)).rejects.toThrow();
  });
});

it('names that came with the data make groups, whatever their case', () => {
  const items = [item(0, 'Forest'), item(1), item(2, ' forest '), item(3, 'river'), item(4, ' ')];
  expect(groupsOfHints(items)).toEqual([
    { name: 'Forest', rows: Int32Array.of(0, 2) },
    { name: 'river', rows: Int32Array.of(3) },
  ]);
});
