import { classesOf } from '../domain/events.ts';
import { classId, type ClassId } from '../domain/ids.ts';
import { addClass, changeClass, type ClassDef, type Schema } from '../domain/schema.ts';
import { namesOfHint } from '../formats/class-list.ts';
import type { ProjectSession } from './project.svelte.ts';

/** The schema as the user edits it. Every change is one event; labels are never lost. */
export class ClassesState {
  readonly #session: ProjectSession;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  readonly #counts = $derived.by(() => {
    const counts = new Map<ClassId, number>();
    for (const label of this.#session.state.labels.values()) {
      for (const id of classesOf(label)) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  });
  /** Every class, hidden ones too, with the number of standing labels. */
  readonly all = $derived.by(() =>
    this.#session.state.schema.classes.map((c) => ({ ...c, count: this.#counts.get(c.id) ?? 0 })),
  );
  /** The classes that are offered, in order. */
  readonly list = $derived.by(() => this.all.filter((c) => !c.isHidden));
  /** Names that came with the data and are not classes yet. */
  readonly suggestions = $derived.by(() => {
    const taken = new Set(this.#session.state.schema.classes.map((c) => c.name.toLowerCase()));
    const names = new Set<string>();
    const { task } = this.#session.state;
    for (const item of this.#session.items) for (const name of namesOfHint(item.hint, task)) names.add(name);
    return [...names].filter((n) => !taken.has(n.toLowerCase())).sort();
  });

  add(name: string): Promise<string | null> {
    return this.#change((schema) => addClass(schema, classId(this.#session.services.ids.next()), name));
  }
  change(id: ClassId, change: Partial<Omit<ClassDef, 'id'>>): Promise<string | null> {
    return this.#change((schema) => changeClass(schema, id, change));
  }
  async move(id: ClassId, by: -1 | 1): Promise<void> {
    await this.#change((schema) => {
      const classes = [...schema.classes];
      const from = classes.findIndex((c) => c.id === id);
      const moved = classes[from];
      const to = from + by;
      if (!moved || to < 0 || to >= classes.length) return schema;
      classes.splice(from, 1);
      classes.splice(to, 0, moved);
      return { version: schema.version + 1, classes };
    });
  }
  async addSuggested(): Promise<void> {
    const names = this.suggestions;
    const ids = this.#session.services.ids;
    await this.#change((schema) => names.reduce((s, name) => addClass(s, classId(ids.next()), name), schema));
  }

  async #change(edit: (schema: Schema) => Schema): Promise<string | null> {
    try {
      const schema = edit(this.#session.state.schema);
      if (schema === this.#session.state.schema) return null;
      await this.#session.append([{ kind: 'schema-changed', schema }]);
      this.#session.advance();
      return null;
    } catch (error) {
      if (error instanceof RangeError) return error.message;
      this.#session.fail(error);
      return 'The change could not be saved.';
    }
  }
}
