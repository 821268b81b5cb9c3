import { describeError, type ErrorText } from './error-texts.ts';

export interface Notice extends ErrorText {
  readonly id: number;
  readonly tone: 'info' | 'warning' | 'error';
}

/** The one door for messages to the user. The same message is shown once. */
export class Notices {
  #list = $state.raw<readonly Notice[]>([]);
  #nextId = 1;

  get list(): readonly Notice[] {
    return this.#list;
  }

  show(tone: Notice['tone'], text: ErrorText): void {
    const isShown = this.#list.some((n) => n.what === text.what && n.action === text.action);
    if (!isShown) this.#list = [...this.#list, { ...text, tone, id: this.#nextId++ }];
  }

  /** Shows a failure in words; cancellations are silent. */
  fail(error: unknown): void {
    const text = describeError(error);
    if (text) this.show('error', text);
  }

  /** Something runs slower than was asked for. */
  tellOfFallback(sentence: string): void {
    this.show('info', {
      what: sentence,
      meaning: 'Results are the same; it takes longer.',
      action: 'Nothing to do. You can choose where it runs on the Data stage.',
    });
  }

  /** What went wrong in another place, or with another project, is of no use here. */
  clearErrors(): void {
    this.#list = this.#list.filter((n) => n.tone !== 'error');
  }
  dismiss(id: number): void {
    this.#list = this.#list.filter((n) => n.id !== id);
  }
}
