import { WinnowError } from '../domain/errors.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { ruleProblem, type TextRule } from '../domain/rules.ts';
import type { RuleMatcher } from './app-ports.ts';

/** What a rule hits. */
export interface RuleHits {
  /** Project rows, ascending; none when there is a problem. */
  readonly rows: Int32Array;
  /** Why the rule can't be used, as a sentence, or null. */
  readonly problem: string | null;
}

const BATCH = 500;

/**
 * Looks for every rule in every text, some texts at a time. A rule that can't be read or takes too long is left out with
 * its reason; the others go on.
 */
export async function matchRules(
  rules: readonly TextRule[],
  items: readonly Item[],
  read: (ids: readonly ItemId[]) => Promise<readonly (string | null)[]>,
  matcher: RuleMatcher,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RuleHits>> {
  const found = new Map(rules.map((rule) => [rule.id, { rows: [] as number[], problem: ruleProblem(rule) }]));
  for (let start = 0; start < items.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = items.slice(start, start + BATCH);
    const texts = (await read(batch.map((item) => item.id))).map((text) => text ?? '');
    for (const rule of rules) {
      const own = found.get(rule.id);
      if (!own || own.problem !== null) continue;
      try {
        for (const i of await matcher.hits(rule, texts)) own.rows.push(batch[i]?.row ?? -1);
      } catch (error) {
        if (!(error instanceof WinnowError) || error.code !== 'rule-too-slow') throw error;
        own.problem = 'This pattern takes too long on your texts, so it is left out. Make it simpler.';
      }
      signal.throwIfAborted();
    }
  }
  return new Map(
    [...found].map(([id, { rows, problem }]) => [
      id,
      { rows: problem === null ? Int32Array.from(rows).sort() : new Int32Array(), problem },
    ]),
  );
}
