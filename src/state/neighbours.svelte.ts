import { isHeldOut } from '../domain/project-state.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Looked for, held-out items among them included. */
const LOOKED_FOR = 8;
const SHOWN = 3;

/** The items most like the one that is being labelled. Test and calibration items neither have neighbours nor are any. */
export class Neighbours {
  readonly #session: ProjectSession;
  #wanted: ItemId | null = null;
  #found = $state.raw<{ of: ItemId; items: readonly Item[] } | null>(null);

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  of(id: ItemId | null): readonly Item[] {
    return this.#found && this.#found.of === id ? this.#found.items : [];
  }

  async find(id: ItemId): Promise<void> {
    this.#wanted = id;
    const { state, encoding, learning, items } = this.#session;
    const item = this.#session.itemById(id);
    if (!item || !encoding.isComplete || isHeldOut(state, id)) return;
    const rows = await learning.withLearner((l) => l.neighbours(item.row, LOOKED_FOR));
    const near = [...rows].flatMap((row) => items[row] ?? []).filter((i) => !isHeldOut(this.#session.state, i.id));
    // Another item may be shown by now.
    if (this.#wanted === id) this.#found = { of: id, items: near.slice(0, SHOWN) };
  }
}
