import type { ProjectId } from '../../domain/ids.ts';
import type { ProjectLocks } from '../../loop/app-ports.ts';
import type { Clock } from '../../loop/ports.ts';

/** How long another tab has for saying that it holds a project, milliseconds; each answers within one task. */
const PATIENCE_MS = 300;

type Message =
  | { readonly kind: 'ask'; readonly project: ProjectId; readonly from: string }
  | { readonly kind: 'answer'; readonly project: ProjectId; readonly from: string; readonly to: string }
  /** `at`: when it was taken, milliseconds since 1970; the later one holds. */
  | { readonly kind: 'taken'; readonly project: ProjectId; readonly from: string; readonly at: number };

interface Held {
  readonly at: number;
  readonly onLost: () => void;
}

/**
 * One writer per project by agreement of the tabs, for browsers without the Web Locks API. A tab that was frozen while
 * another opened its project learns of it before anything else when it wakes, and only looks from then on.
 */
export class ChannelLocks implements ProjectLocks {
  readonly #id: string;
  readonly #clock: Clock;
  readonly #channel = new BroadcastChannel('winnow-locks');
  readonly #held = new Map<ProjectId, Held>();
  /** How to give up, by project that is asked for. */
  readonly #asking = new Map<ProjectId, () => void>();

  /** @param id of this tab; of two that ask at once the smaller wins */
  constructor(id: string, clock: Clock) {
    this.#id = id;
    this.#clock = clock;
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#hear(data);
  }

  async acquire(project: ProjectId, steal: boolean, onLost: () => void): Promise<boolean> {
    if (!steal && (this.#held.has(project) || this.#asking.has(project))) return false;
    if (!steal && !(await this.#isFree(project))) return false;
    this.#held.get(project)?.onLost();
    const at = this.#clock.now();
    this.#held.set(project, { at, onLost });
    this.#say({ kind: 'taken', project, from: this.#id, at });
    return true;
  }

  release(project: ProjectId): void {
    this.#held.delete(project);
  }

  /** Stops listening. */
  close(): void {
    this.#channel.close();
  }

  async #isFree(project: ProjectId): Promise<boolean> {
    const isFree = await new Promise<boolean>((resolve) => {
      this.#asking.set(project, () => resolve(false));
      setTimeout(() => resolve(true), PATIENCE_MS);
      this.#say({ kind: 'ask', project, from: this.#id });
    });
    this.#asking.delete(project);
    return isFree;
  }

  #hear(message: Message): void {
    const { project, from } = message;
    const giveUp = this.#asking.get(project);
    if (message.kind === 'ask') {
      if (this.#held.has(project) || (giveUp && this.#id < from)) {
        this.#say({ kind: 'answer', project, from: this.#id, to: from });
      } else giveUp?.();
    } else if (message.kind === 'answer') {
      if (message.to === this.#id) giveUp?.();
    } else {
      giveUp?.();
      const held = this.#held.get(project);
      if (!held || held.at > message.at || (held.at === message.at && this.#id < from)) return;
      this.#held.delete(project);
      held.onLost();
    }
  }

  #say(message: Message): void {
    this.#channel.postMessage(message);
  }
}
