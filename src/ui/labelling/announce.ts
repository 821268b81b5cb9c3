import type { CurrentItem } from '../../state/labelling.svelte.ts';

/** Letters of a text that are read out before one can listen to it whole. */
const MOST_LETTERS = 120;

/** What a screen reader says of the item that comes up. */
export function announcement(current: CurrentItem | null, { done, total }: { done: number; total: number }): string {
  if (!current) return 'Nothing more to label for now.';
  const { preview, modality } = current.item;
  const held = current.isTest ? 'test item' : current.isCalibration ? 'calibration item' : null;
  const set = held ?? (modality === 'image' ? 'picture' : 'text');
  const place = `${set[0]?.toUpperCase() ?? ''}${set.slice(1)} ${done + 1} of ${total}`;
  if (modality === 'image') return `${place}.`;
  return `${place}: ${preview.length > MOST_LETTERS ? `${preview.slice(0, MOST_LETTERS)} …` : preview}`;
}
