import { classesOf, type Label } from './events.ts';
import type { ProjectState } from './project-state.ts';
import type { ClassId } from './ids.ts';

/** Whether an item has a class. `UNKNOWN`: the class was added after the label, so nobody was asked. */
export const ABSENT = 0;
export const PRESENT = 1;
export const UNKNOWN = 2;

/** What labels say of some classes, row-major [labels, classes], where an item can have several classes. */
export function memberships(
  { classSince }: Pick<ProjectState, 'classSince'>,
  labels: readonly Label[],
  classes: readonly ClassId[],
): Uint8Array {
  const out = new Uint8Array(labels.length * classes.length);
  labels.forEach((label, i) => {
    const chosen = new Set(classesOf(label));
    classes.forEach((id, c) => {
      const isAsked = label.seq > (classSince.get(id) ?? 0);
      out[i * classes.length + c] = chosen.has(id) ? PRESENT : isAsked ? ABSENT : UNKNOWN;
    });
  });
  return out;
}

/** Some rows of a row-major [rows, width] matrix of memberships. */
export function gatherSets(targets: Uint8Array, width: number, rows: ArrayLike<number>): Uint8Array {
  const out = new Uint8Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * width;
    out.set(targets.subarray(from, from + width), i * width);
  }
  return out;
}
