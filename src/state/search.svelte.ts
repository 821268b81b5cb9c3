import { isAbort } from '../domain/errors.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { findTexts } from '../loop/find-texts.ts';
import { rankRows, searchable } from '../loop/rank-items.ts';
import type { ProjectSession } from './project.svelte.ts';

/** `meaning`: like the words; `text`: contains them. */
export type SearchKind = 'meaning' | 'text';
export interface SearchResult {
  /** What was asked, as the heading of the results says it. */
  readonly of: string;
  readonly kind: SearchKind | 'similar';
  /** Best first; for `text` in the order of the project. */
  readonly items: readonly { readonly item: Item; readonly similarity: number | null }[];
  /** Hits that are not shown. */
  readonly more: number;
}
const SHOWN = 60;

/**
 * Search in the project's items. Test items and what is nearly the same are never found: which of them get a label, and what
 * the model learns, must not depend on a search.
 */
export class SearchState {
  readonly #session: ProjectSession;
  #found = $state.raw<SearchResult | null>(null);
  #isBusy = $state(false);
  #running: AbortController | null = null;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** What was found and may be looked at: the test set may have been drawn since. */
  readonly result: SearchResult | null = $derived.by(() => {
    const found = this.#found;
    return found && { ...found, items: found.items.filter(({ item }) => this.#isOpen(item)) };
  });
  get isBusy(): boolean {
    return this.#isBusy;
  }
  /** Why what is found can't be opened yet, as a sentence; null when it can. */
  readonly whyClosed: string | null = $derived.by(() => {
    const { classes, encoding, isReadOnly } = this.#session;
    if (isReadOnly) return 'This tab only looks: open items in the tab that works on the project.';
    if (classes.list.length === 0) return 'Name your classes first; then you can open and label what you find.';
    return encoding.isComplete ? null : 'Items can be opened once all are embedded.';
  });

  /** What can be done with the items that are listed, as a sentence. */
  readonly advice: string = $derived.by(() => {
    if (this.whyClosed) return this.whyClosed;
    const held = this.#session.state.isSplitDrawn
      ? ' Test items and their near-copies stay closed: they are labelled blind.'
      : '';
    return `Open an item to label it; it then trains the model like any other.${held}`;
  });

  /** What may be shown on the label stage on its own: all but what is labelled blind, or nearly the same. */
  canOpen(item: Item): boolean {
    return this.whyClosed === null && this.#isOpen(item);
  }

  /** Looks for words; an earlier search that is under way is given up. */
  run(kind: SearchKind, words: string): Promise<void> {
    const wanted = words.trim();
    if (wanted === '') {
      this.clear();
      return Promise.resolve();
    }
    return this.#search(async (signal) =>
      kind === 'text' ? this.#contains(wanted, signal) : this.#means(wanted, signal),
    );
  }
  /** Looks for what is most like an item. */
  similarTo(item: Item): Promise<void> {
    if (!this.#isOpen(item)) return Promise.resolve();
    return this.#search(async () => {
      const { learning, items } = this.#session;
      // Test items among them are left out afterwards.
      const rows = await learning.withLearner((l) => l.neighbours(item.row, SHOWN + this.#hidden));
      const found = [...rows].flatMap((row) => items[row] ?? []).filter((i) => this.#isOpen(i));
      const list = found.slice(0, SHOWN).map((i) => ({ item: i, similarity: null }));
      const of = this.#session.modality === 'text' ? item.preview : 'the picture that you chose';
      return { of, kind: 'similar', items: list, more: 0 };
    });
  }
  cancel(): void {
    this.#running?.abort(new DOMException('Cancelled by the user.', 'AbortError'));
    this.#running = null;
    this.#isBusy = false;
  }
  clear(): void {
    this.cancel();
    this.#found = null;
  }

  /** Shows an item on the label stage, which must be open; false when it may not be, because it is a test item by now. */
  async open(id: ItemId): Promise<boolean> {
    const { learning, labelling, notices } = this.#session;
    await learning.splitDrawn();
    const item = this.#session.itemById(id);
    const { isSplitDrawn } = this.#session.state;
    if (item && isSplitDrawn && this.#isOpen(item)) {
      labelling.showFound(id);
      return true;
    }
    if (!isSplitDrawn) {
      notices.show('info', {
        what: 'This item is not opened yet.',
        meaning: 'The test set could not be drawn, and comes before everything else.',
        action: 'Wait for the Label stage to be ready, then open the item again.',
      });
      return false;
    }
    notices.show('info', {
      what: 'This item is not opened from a search.',
      meaning: 'It has been drawn for the test set, or is nearly the same as a test item.',
      action: 'Test items are labelled in the order in which they were drawn.',
    });
    return false;
  }

  close(): void {
    this.clear();
  }

  async #search(find: (signal: AbortSignal) => Promise<SearchResult>): Promise<void> {
    this.cancel();
    const controller = new AbortController();
    this.#running = controller;
    this.#isBusy = true;
    try {
      const result = await find(controller.signal);
      if (this.#running === controller) this.#found = result;
    } catch (error) {
      if (!isAbort(error)) this.#session.fail(error);
    } finally {
      if (this.#running === controller) {
        this.#running = null;
        this.#isBusy = false;
      }
    }
  }

  async #means(wanted: string, signal: AbortSignal): Promise<SearchResult> {
    const { words, learning, items, modality } = this.#session;
    // A name wants the sentences that the encoder was trained on; a sentence is one.
    const texts = modality === 'image' ? words.templates.map((t) => t.replaceAll('{name}', wanted)) : [wanted];
    const vectors = await words.embed(texts, signal);
    const scores = await learning.withLearner((l) => l.similarities(vectors, texts.length));
    signal.throwIfAborted();
    const open = Int32Array.from(
      items.filter((item) => this.#isOpen(item)),
      (item) => item.row,
    );
    const ranked = rankRows(scores, texts.length, open, SHOWN);
    const found = ranked.flatMap(({ row, score }) => {
      const item = items[row];
      return item ? [{ item, similarity: score }] : [];
    });
    return { of: wanted, kind: 'meaning', items: found, more: 0 };
  }

  async #contains(wanted: string, signal: AbortSignal): Promise<SearchResult> {
    const { items, storage, id } = this.#session;
    const read = (ids: readonly ItemId[]): Promise<(string | null)[]> => storage.items.texts(id, ids);
    const hits = await findTexts(
      wanted,
      items.filter((item) => this.#isOpen(item)),
      read,
      signal,
    );
    const shown = hits.slice(0, SHOWN).map((item) => ({ item, similarity: null }));
    return { of: wanted, kind: 'text', items: shown, more: hits.length - shown.length };
  }

  #isOpen(item: Item): boolean {
    return searchable(this.#session.state, item.id) && this.#session.encoding.has(item.id);
  }
  get #hidden(): number {
    const { state } = this.#session;
    return state.test.size + state.calibration.size + state.excluded.size;
  }
}
