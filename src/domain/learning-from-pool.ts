import type { Modality } from './item.ts';

/** Most items that a built-in encoder learns from. */
export const MOST_LEARNT_FROM: Readonly<Record<Modality, number>> = { text: 20_000, image: 1_200 };

/** True when an encoder that has learnt from `learnt` of its pool's items would learn from at least twice as many now. */
export function isWorthLearningAgain(learnt: number, items: number, modality: Modality): boolean {
  return Math.min(items, MOST_LEARNT_FROM[modality]) >= 2 * learnt;
}
