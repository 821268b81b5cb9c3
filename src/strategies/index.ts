import type { Strategy } from './strategy.ts';

const modules = import.meta.glob<{ default: Strategy }>(
  [
    './*.ts',
    '!./index.ts',
    '!./strategy.ts',
    '!./shortlist.ts',
    '!./distances.ts',
    '!./diverse.ts',
    '!./herding.ts',
    '!./spread-start.ts',
    '!./committee-measures.ts',
    '!./last-inputs.ts',
  ],
  { eager: true },
);

/** Every strategy, by name. Adding one is adding a file to this folder. */
export const strategies: readonly Strategy[] = Object.values(modules)
  .map((m) => m.default)
  .sort((a, b) => a.name.localeCompare(b.name, 'en'));

const byId = new Map(strategies.map((s) => [s.id, s]));
if (byId.size !== strategies.length) throw new Error('Two strategies have the same id.');

export function strategyById(id: string): Strategy | undefined {
  return byId.get(id);
}
/** Name for people; the id itself when the strategy is not known here. */
export function strategyName(id: string): string {
  return byId.get(id)?.name ?? id;
}
