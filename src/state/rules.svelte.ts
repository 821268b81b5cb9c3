import { DEFAULT_SETTINGS } from '../domain/events.ts';
import type { ClassId } from '../domain/ids.ts';
import { NO_RULES, ruleProblem, type TextRule } from '../domain/rules.ts';
import { findClass } from '../domain/schema.ts';
import { matchRules, type RuleHits } from '../loop/match-rules.ts';
import type { ItemGroup } from '../strategies/strategy.ts';
import type { ProjectSession } from './project.svelte.ts';

const RULE_START = 'rule-start';

/** Rules that guess classes of texts before anything is labelled, and what they hit. */
export class RulesState {
  readonly #session: ProjectSession;
  /** By the rule's id and words and the number of items that were looked at. */
  #hits = $state.raw<ReadonlyMap<string, RuleHits>>(new Map());
  #isCounting = $state(false);
  #counting: Promise<void> = Promise.resolve();
  readonly #ended = new AbortController();

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** Every rule; `hits` is null until it is counted. */
  readonly list = $derived.by(() =>
    (this.#session.state.settings.rules ?? NO_RULES).list.map((rule) => {
      const found = this.#hits.get(this.#keyOf(rule));
      return { ...rule, hits: found?.rows.length ?? null, problem: found?.problem ?? null };
    }),
  );
  get isCounting(): boolean {
    return this.#isCounting;
  }
  /** True while the next batch may still be spread over the rules. */
  readonly canStart = $derived.by(() => {
    const { activeModel, settings } = this.#session.state;
    return settings.coldStart === RULE_START && (activeModel?.classes.length ?? 0) < 2;
  });

  /** Adds a rule; a sentence when it can't be used. The first one makes the rules pick the first batch. */
  async add(classId: ClassId, kind: TextRule['kind'], text: string): Promise<string | null> {
    const rule = { id: this.#session.services.ids.next(), classId, kind, text: text.trim() };
    const problem = ruleProblem(rule);
    if (problem !== null) return problem;
    await this.#session.changeSettings(({ rules = NO_RULES }) => ({
      ...(rules.list.length === 0 && { coldStart: RULE_START }),
      rules: { version: 1, list: [...rules.list, rule] },
    }));
    void this.count();
    return null;
  }

  /** Removes a rule; with the last one goes the start that needs them. */
  async remove(id: string): Promise<void> {
    await this.#session.changeSettings(({ rules = NO_RULES, coldStart }) => {
      const list = rules.list.filter((rule) => rule.id !== id);
      const isLast = list.length === 0 && coldStart === RULE_START;
      return { ...(isLast && { coldStart: DEFAULT_SETTINGS.coldStart }), rules: { version: 1, list } };
    });
  }

  /** Counts what has not been counted yet; one count at a time. */
  count(): Promise<void> {
    this.#counting = this.#counting.then(() => this.#count()).catch((error: unknown) => this.#session.fail(error));
    return this.#counting;
  }

  /** What the rules hit, by class. Rules that can't be used are left out. */
  async groups(): Promise<readonly ItemGroup[]> {
    await this.count();
    const { schema, settings } = this.#session.state;
    const rows = new Map<ClassId, Set<number>>();
    for (const rule of (settings.rules ?? NO_RULES).list) {
      const own = rows.get(rule.classId) ?? new Set();
      for (const row of this.#hits.get(this.#keyOf(rule))?.rows ?? []) own.add(row);
      rows.set(rule.classId, own);
    }
    return [...rows].map(([id, own]) => ({
      name: findClass(schema, id)?.name ?? 'a class',
      rows: Int32Array.from(own).sort(),
    }));
  }

  close(): void {
    this.#ended.abort(new DOMException('The project was closed.', 'AbortError'));
    this.#session.services.rules.stop();
  }

  async #count(): Promise<void> {
    const { items, storage, id, services } = this.#session;
    const open = (this.#session.state.settings.rules ?? NO_RULES).list.filter((r) => !this.#hits.has(this.#keyOf(r)));
    if (open.length === 0 || this.#ended.signal.aborted) return;
    this.#isCounting = true;
    try {
      const keys = new Map(open.map((rule) => [rule.id, this.#keyOf(rule)]));
      const read = (ids: Parameters<typeof storage.items.texts>[1]) => storage.items.texts(id, ids);
      const found = await matchRules(open, items, read, services.rules, this.#ended.signal);
      this.#hits = new Map([...this.#hits, ...[...found].map(([rule, hits]) => [keys.get(rule) ?? '', hits] as const)]);
    } finally {
      this.#isCounting = false;
    }
  }

  #keyOf({ id, kind, text }: TextRule): string {
    return `${this.#session.items.length}:${id}:${kind}:${text}`;
  }
}
