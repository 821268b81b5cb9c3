import { expect, it } from 'vitest';
import { WorkerRuleMatcher } from '../../src/platform/workers/rule-client.ts';

const texts = ['The card was stolen', 'a refund please', '', `${'a'.repeat(40)}!`];

it('finds what a rule hits', async () => {
  const matcher = new WorkerRuleMatcher();
  expect(await matcher.hits({ kind: 'words', text: 'refund, card' }, texts)).toEqual(Int32Array.of(0, 1));
  expect(await matcher.hits({ kind: 'pattern', text: '!$' }, texts)).toEqual(Int32Array.of(3));
  matcher.stop();
});

it('ends a regular expression that would not end by itself, and goes on with the next', async () => {
  const matcher = new WorkerRuleMatcher(300);
  // Two to the fortieth ways to split forty letters.
  const endless = matcher.hits({ kind: 'pattern', text: '^(a+)+$' }, texts);
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 10);
  await expect(endless).rejects.toMatchObject({ code: 'rule-too-slow' });
  clearInterval(ticking);
  // The page was not held up meanwhile.
  expect(ticks).toBeGreaterThan(5);
  expect(await matcher.hits({ kind: 'words', text: 'stolen' }, texts)).toEqual(Int32Array.of(0));
  matcher.stop();
});

it('is cancelled silently', async () => {
  const matcher = new WorkerRuleMatcher(60_000);
  await matcher.hits({ kind: 'words', text: 'x' }, []);
  const endless = matcher.hits({ kind: 'pattern', text: '^(a+)+$' }, texts);
  setTimeout(() => matcher.stop(), 50);
  await expect(endless).rejects.toMatchObject({ name: 'AbortError' });
});
