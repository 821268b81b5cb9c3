import type { Labelled } from '../../domain/events.ts';
import type { ClassId, ItemId } from '../../domain/ids.ts';

/** The first `count` labelled items of each class: what "this class" has meant so far. They stay put as labels are added. */
export function firstOfEachClass(labels: Iterable<Labelled>, count: number): ReadonlyMap<ClassId, readonly ItemId[]> {
  const found = new Map<ClassId, ItemId[]>();
  for (const { classId, item } of labels) {
    const list = found.get(classId);
    if (!list) found.set(classId, [item]);
    else if (list.length < count) list.push(item);
  }
  return found;
}
