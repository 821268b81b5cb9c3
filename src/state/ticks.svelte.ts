import type { ClassId, ItemId } from '../domain/ids.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Where an item can have several classes: what is ticked for the shown item until it is confirmed. */
export class Ticks {
  readonly #session: ProjectSession;
  #of = $state.raw<{ item: ItemId; ids: ReadonlySet<ClassId> } | null>(null);

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** Ticked classes in the order of the schema; until one is touched, those of the standing label. */
  of(item: ItemId, previous: readonly ClassId[] | null): readonly ClassId[] {
    const ids = this.#of?.item === item ? this.#of.ids : new Set(previous);
    return this.#session.state.schema.classes.map((c) => c.id).filter((id) => ids.has(id));
  }
  toggle(item: ItemId, previous: readonly ClassId[] | null, id: ClassId): void {
    const ids = new Set(this.of(item, previous));
    if (!ids.delete(id)) ids.add(id);
    this.#of = { item, ids };
  }
  clear(): void {
    this.#of = null;
  }
}
