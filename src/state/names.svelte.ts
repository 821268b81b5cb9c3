import { isAbort } from '../domain/errors.ts';
import type { ItemId } from '../domain/ids.ts';
import { groupsOfNames, scoreWithoutLabels, type NameScores } from '../loop/zero-shot.ts';
import type { ItemGroup } from '../strategies/strategy.ts';
import { keepGuesses, readGuesses } from './guess-choice.ts';
import type { ProjectSession } from './project.svelte.ts';

export interface NameGuess {
  readonly name: string;
  readonly colour: number;
  /** Cosine, -1..1. */
  readonly similarity: number;
}
const SHOWN = 3;

/**
 * Guesses from the words of the classes alone, for the time before the first model. They choose what comes first and can
 * be looked at; nothing accepts them, and nobody sees them for items that are labelled blind.
 */
export class NamesState {
  readonly #session: ProjectSession;
  #scores = $state.raw<NameScores | null>(null);
  #scoredAs = $state('');
  #isShown = $state(readGuesses());
  #working: Promise<void> | null = null;
  readonly #ended = new AbortController();

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** True where names can be compared with the items. */
  readonly canStart: boolean = $derived.by(() => this.#session.words.spec !== null && !this.#session.words.missing);
  /** The user wants to see the guesses; kept for this browser. */
  get isShown(): boolean {
    return this.#isShown;
  }
  setShown(isShown: boolean): void {
    this.#isShown = isShown;
    keepGuesses(isShown);
    if (isShown) void this.refresh();
  }
  /** Whether there are guesses to offer at all: a batch's item, before the first model, of at least two classes. */
  readonly isOffered: boolean = $derived.by(() => {
    const { state, classes, words, labelling } = this.#session;
    const { current } = labelling;
    return (
      state.activeModel === null &&
      classes.list.length > 1 &&
      words.problem === null &&
      current !== null &&
      !current.isTest &&
      !current.isCalibration &&
      current.round !== null
    );
  });

  /** The classes whose words an item is most like, most like first; none while they are not worked out. */
  guesses(id: ItemId): readonly NameGuess[] {
    const { classes } = this.#session;
    const row = this.#session.itemById(id)?.row;
    if (!this.isOffered || row === undefined || this.#scoredAs !== this.wanted || !this.#scores) return [];
    const { scores } = this.#scores;
    const width = classes.list.length;
    return classes.list
      .map(({ name, colour }, c) => ({ name, colour, similarity: scores[row * width + c] ?? 0 }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, SHOWN);
  }

  /** Works the scores out again where names, guidelines, items or the encoder have changed. Failures are shown. */
  refresh(): Promise<void> {
    this.#working ??= this.#refresh()
      .catch((error: unknown) => {
        if (!isAbort(error)) this.#session.fail(error);
      })
      .finally(() => {
        this.#working = null;
      });
    return this.#working;
  }

  /** What is most like each class among some rows; none where words say nothing about the items. */
  async groups(candidates: Int32Array): Promise<readonly ItemGroup[]> {
    if (this.#session.words.problem !== null || this.#session.classes.list.length < 2) return [];
    await this.refresh();
    if (!this.#scores || this.#scoredAs !== this.wanted) return [];
    return groupsOfNames(this.#scores, candidates);
  }

  close(): void {
    this.#ended.abort(new DOMException('The project was closed.', 'AbortError'));
  }

  /** Changes when the scores have to be worked out again. */
  get wanted(): string {
    const { classes, encoding, items, words } = this.#session;
    const described = classes.list.map(({ name, guideline }) => [name, guideline]);
    return JSON.stringify([words.key, encoding.embedded, items.length, described]);
  }

  /** What is read may be of words that have changed meanwhile: guesses and picks follow from the words as they are. */
  async #refresh(): Promise<void> {
    const isDue = (): boolean =>
      this.#scoredAs !== this.wanted && this.#session.words.problem === null && !this.#ended.signal.aborted;
    while (isDue()) await this.#score();
  }

  async #score(): Promise<void> {
    const { classes, words, jobs, learning } = this.#session;
    const wanted = this.wanted;
    const scores = await jobs.run('Comparing your items with the class names', (job) => {
      const signal = AbortSignal.any([job.signal, this.#ended.signal]);
      return scoreWithoutLabels({
        classes: classes.list.map(({ name, guideline }) => ({ name, guideline })),
        templates: words.templates,
        embed: (texts) => words.embed(texts, signal, (done, total) => job.update({ done, total })),
        compare: (vectors, count) => learning.withLearner((l) => l.similarities(vectors, count)),
      });
    });
    this.#scores = scores;
    this.#scoredAs = wanted;
  }
}
