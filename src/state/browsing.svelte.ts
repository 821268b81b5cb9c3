import type { ClassId, ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { hashSeed } from '../domain/random.ts';
import { LEAST_LABELS, outOfFold } from '../loop/out-of-fold.ts';
import { helperRows, trainingSet } from '../loop/training-set.ts';
import { count } from './counting.ts';
import { filterCounts, filterItems, filterOptions, type FilterOption, type ItemFilter } from './item-filter.ts';
import type { ProjectSession } from './project.svelte.ts';
import { tryHead } from './random-comparison.svelte.ts';

const PAGE = 60;

/** The list of items: what it is narrowed to stays while the project is open. */
export class BrowsingState {
  readonly #session: ProjectSession;
  #letters = $state('');
  #wanted = $state<ItemFilter>('all');
  #page = $state(0);
  /** Labels that heads trained on the others do not give, with what they give instead; null before anybody asked. */
  #doubted = $state.raw<ReadonlyMap<ItemId, ClassId | null> | null>(null);
  #isLooking = $state(false);

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  readonly #options: readonly FilterOption[] = $derived.by(() => filterOptions(this.#session.state));
  /** A class that was taken out can't be asked for any more. */
  readonly filter: ItemFilter = $derived.by(() =>
    this.#options.some((f) => f.id === this.#wanted) ? this.#wanted : 'all',
  );
  /** What the list can be narrowed to, with the number of items; labels worth a second look are counted once they were looked for. */
  readonly options: readonly FilterOption[] = $derived.by(() => {
    const { items, state } = this.#session;
    const counts = filterCounts(items.length, state);
    return this.#options.map(({ id, name }) => {
      const known = id === 'doubted' ? this.#doubted?.size : (counts.get(id) ?? 0);
      return { id, name: known === undefined ? name : `${name} (${count(known)})` };
    });
  });
  readonly found: readonly Item[] = $derived.by(() => {
    const wanted = this.#letters.trim().toLowerCase();
    const some = filterItems(this.#session.items, this.#session.state, this.filter, this.#doubted ?? new Map());
    if (wanted === '') return some;
    return some.filter(
      (item) => item.paths.some((p) => p.toLowerCase().includes(wanted)) || item.preview.toLowerCase().includes(wanted),
    );
  });
  readonly pages: number = $derived.by(() => Math.max(1, Math.ceil(this.found.length / PAGE)));
  readonly page: number = $derived(Math.min(this.#page, this.pages - 1));
  readonly shown: readonly Item[] = $derived.by(() => this.found.slice(this.page * PAGE, this.page * PAGE + PAGE));
  /** Rows of the first and the last shown item in what was found, from 1. */
  readonly range: { from: number; to: number } = $derived.by(() => ({
    from: this.page * PAGE + 1,
    to: Math.min(this.found.length, this.page * PAGE + PAGE),
  }));

  get letters(): string {
    return this.#letters;
  }
  set letters(letters: string) {
    this.#letters = letters;
    this.#page = 0;
  }
  get isLooking(): boolean {
    return this.#isLooking;
  }
  turnTo(page: number): void {
    this.#page = page;
  }
  show(filter: ItemFilter): void {
    this.#wanted = filter;
    this.#page = 0;
    if (filter === 'doubted') void this.#lookForDoubts();
  }
  /** The class that the others' labels suggest for a doubted item; null for a set of classes. */
  suggestion(item: ItemId): ClassId | null {
    return this.#doubted?.get(item) ?? null;
  }
  /** Why nothing is shown, in a sentence. */
  readonly whyEmpty: string = $derived.by(() => {
    if (this.#letters.trim() !== '') return 'None of these items has such letters in its path or first words.';
    if (this.filter === 'flagged') return 'No item is like that: press F on the Label stage to flag one.';
    if (this.filter !== 'doubted') return 'No item is like that.';
    if (this.#isLooking) return 'Training models on parts of the labels, to see which labels they do not expect.';
    return this.#doubted === null
      ? `This takes ${LEAST_LABELS} training labels of at least two classes.`
      : 'No label stands out against the others.';
  });

  /**
   * Labels that are unlike what the others teach: each is guessed by a head that has not learnt from it (cross-validation, as in
   * confident learning: Northcutt et al. 2021). Test items are left out: whoever corrects only where the model errs flatters the score.
   */
  async #lookForDoubts(): Promise<void> {
    const s = this.#session;
    if (this.#isLooking || !s.encoding.isComplete) return;
    this.#isLooking = true;
    this.#doubted = null;
    try {
      await s.jobs.run('Looking for labels worth a second look', async (job) => {
        const isEmbedded = (item: Item): boolean => s.encoding.has(item.id);
        const set = trainingSet(s.state, s.items, isEmbedded);
        const result = await outOfFold(
          set,
          helperRows(s.state, s.items, isEmbedded),
          hashSeed(s.state.seed, 'second-look'),
          (request, rows) => tryHead(s, request, rows),
          job.signal,
          (done, total) => job.update({ done, total }),
        );
        if (!result) return;
        const doubted = [...set.rows].flatMap((row, i): [ItemId, ClassId | null][] => {
          const item = s.items[row];
          return item && !result.isRight[i] ? [[item.id, set.classes[result.guesses[i] ?? -1] ?? null]] : [];
        });
        this.#doubted = new Map(doubted);
      });
    } catch (error) {
      s.fail(error);
    } finally {
      this.#isLooking = false;
    }
  }
}
