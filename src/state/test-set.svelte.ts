import { isPersonLabel, isHeldOut } from '../domain/project-state.ts';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import { automaticTestSize } from '../domain/split.ts';
import { drawnCount, redrawSplit, redrawTest } from '../loop/draw-split.ts';
import type { ProjectSession } from './project.svelte.ts';

/** What drawing the test set again would change. */
export interface Redraw {
  readonly size: number;
  /** Items that stay, and how many of them are labelled. */
  readonly kept: number;
  readonly keptLabelled: number;
  readonly incoming: number;
  /** Labelled test items whose labels train the model from then on. */
  readonly leavingLabelled: number;
  /** Items that train the model now and are only tested on from then on. */
  readonly fromTraining: number;
}

/** Which items the test set stands for, and drawing it again from all of them. It is never drawn again unasked once it has labels. */
export class TestSetState {
  readonly #session: ProjectSession;
  #isDrawing = $state(false);

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get isDrawing(): boolean {
    return this.#isDrawing;
  }
  /** Items that came after the test set was drawn: no number says anything of them. Null where that is not known. */
  readonly uncovered: number | null = $derived.by(() => {
    const { state, items } = this.#session;
    const count = state.isSplitDrawn ? drawnCount(state, items) : null;
    return count === null ? null : items.length - count;
  });
  /** How many items the numbers are about. */
  readonly covered: number = $derived.by(() => this.#session.items.length - (this.uncovered ?? 0));
  /** Fewest and most test items that can be drawn now: it never shrinks, or one could draw until the score pleases. */
  readonly least: number = $derived.by(() => Math.min(this.#session.state.test.size, this.most));
  readonly most: number = $derived.by(() => Math.floor(this.#session.encoding.embedded / 2));
  /** As many as the settings ask for, of all items; twice as many as there are where these stand for all items already. */
  readonly suggested: number = $derived.by(() => {
    const { state, encoding } = this.#session;
    const usual = state.settings.testSize || automaticTestSize(encoding.embedded);
    return this.#clamp(this.uncovered === 0 ? Math.max(usual, 2 * state.test.size) : usual);
  });
  /** True when it can be drawn again and that would change something. */
  readonly canGrow: boolean = $derived.by(() => {
    const { isReadOnly, encoding, state } = this.#session;
    return !isReadOnly && state.isSplitDrawn && encoding.isComplete && (this.uncovered !== 0 || this.most > this.least);
  });
  /** Test items that were labelled where the model's suggestion was on screen, while they still trained. */
  readonly guided: number = $derived.by(() => {
    const { test, labels } = this.#session.state;
    let count = 0;
    for (const id of test) {
      const label = labels.get(id);
      if (label && (label.kind === 'label' ? label.suggestion : label.suggestions) !== null) count++;
    }
    return count;
  });

  preview(size: number): Redraw {
    const { state, items } = this.#session;
    const next = redrawTest(state, items, this.#isEmbedded, this.#clamp(size));
    const isNext = new Set(next);
    const labelled = (ids: readonly ItemId[]): number => ids.filter((id) => state.labels.has(id)).length;
    const kept = next.filter((id) => state.test.has(id));
    const trained = next.filter((id) => !isHeldOut(state, id) && !state.excluded.has(id));
    return {
      size: next.length,
      kept: kept.length,
      keptLabelled: labelled(kept),
      incoming: next.length - kept.length,
      leavingLabelled: labelled([...state.test].filter((id) => !isNext.has(id))),
      fromTraining: labelled(trained),
    };
  }

  /** Draws it again from all items; the model is trained again where it learnt from what is tested on now. */
  async redraw(size: number): Promise<void> {
    if (this.#isDrawing || !this.canGrow) return;
    this.#isDrawing = true;
    try {
      await this.#draw(this.#clamp(size));
    } catch (error) {
      this.#session.fail(error);
    } finally {
      this.#isDrawing = false;
    }
    this.#session.advance();
    this.#session.evaluation.labelsChanged();
  }

  /**
   * Draws it again from all items while nobody has labelled one of its items, so that nothing is lost and no number changes under
   * anybody's eyes. True when it did.
   */
  async catchUp(): Promise<boolean> {
    const { state } = this.#session;
    const isLabelled = [...state.test, ...state.calibration].some((id) => isPersonLabel(state.labels.get(id)));
    if ((this.uncovered ?? 0) === 0 || isLabelled) return false;
    await this.#draw(this.suggested);
    return true;
  }

  async #draw(size: number): Promise<void> {
    const s = this.#session;
    const drafts = await s.learning.withLearner((l) => redrawSplit(s.state, s.items, l, this.#isEmbedded, size));
    await s.append(drafts);
  }

  #clamp(size: number): number {
    return Math.min(this.most, Math.max(this.least, Math.floor(size)));
  }

  readonly #isEmbedded = (item: Item): boolean => this.#session.encoding.has(item.id);
}
