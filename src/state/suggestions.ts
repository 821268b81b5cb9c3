import type { ClassId } from '../domain/ids.ts';
import { findClass, type Schema } from '../domain/schema.ts';
import type { Prediction } from './predictions.svelte.ts';

export interface SuggestionView {
  readonly classId: ClassId;
  readonly name: string;
  readonly colour: number;
  readonly probability: number;
  /** The model gives the item this class. */
  readonly isGiven: boolean;
  /** Probability from which the class is given, where an item can have several; null with one class per item. */
  readonly threshold: number | null;
}
/** How many are shown at least, as far as there are classes. */
const SHOWN = 5;

/**
 * What the model says of an item, most likely first; every class that it gives is among them. Nothing where it knows one class
 * only: that is no choice.
 */
export function suggestionsOf({ classes, probabilities, thresholds }: Prediction, schema: Schema): SuggestionView[] {
  if (!thresholds && classes.length < 2) return [];
  const views = classes
    .flatMap((classId, i): SuggestionView[] => {
      const def = findClass(schema, classId);
      const probability = probabilities[i] ?? 0;
      if (!def || def.isHidden) return [];
      const threshold = thresholds ? (thresholds[i] ?? 1) : null;
      const isGiven = threshold !== null && probability >= threshold;
      return [{ classId, name: def.name, colour: def.colour, probability, isGiven, threshold }];
    })
    .sort((a, b) => b.probability - a.probability);
  if (!thresholds) return views.slice(0, SHOWN).map((view, i) => ({ ...view, isGiven: i === 0 }));
  // Thresholds differ, so a class that is given may be less likely than one that is not.
  const given = views.filter((v) => v.isGiven);
  return [...given, ...views.filter((v) => !v.isGiven).slice(0, Math.max(0, SHOWN - given.length))];
}
