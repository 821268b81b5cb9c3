import { classesOf, type Label } from '../../domain/events.ts';
import type { ClassId, ItemId } from '../../domain/ids.ts';

/** The first `count` labelled items of each class: what "this class" has meant so far. They stay put as labels are added. */
export function firstOfEachClass(labels: Iterable<Label>, count: number): ReadonlyMap<ClassId, readonly ItemId[]> {
  const found = new Map<ClassId, ItemId[]>();
  for (const label of labels) {
    for (const classId of classesOf(label)) {
      const list = found.get(classId);
      if (!list) found.set(classId, [label.item]);
      else if (list.length < count) list.push(label.item);
    }
  }
  return found;
}
