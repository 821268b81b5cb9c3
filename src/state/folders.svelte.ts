import { WinnowError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { ProjectSession } from './project.svelte.ts';

export type FolderAccess = 'none' | 'granted' | 'needs-permission';

/** The folders that a project's pictures stay in, the newest last. */
export class Folders {
  readonly #session: ProjectSession;
  #handles: readonly unknown[] = [];
  #access = $state<FolderAccess>('none');

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get access(): FolderAccess {
    return this.#access;
  }
  get latest(): unknown {
    return this.#handles.at(-1) ?? null;
  }

  async refresh(): Promise<void> {
    const { storage, id } = this.#session;
    // A project kept a single handle before it could hold several folders.
    const stored = await storage.projects.getHandle(id);
    this.#handles = Array.isArray(stored) ? (stored as unknown[]) : stored === null ? [] : [stored];
    this.#access = await this.#permission(false);
  }

  /** Adds a folder that the user has just chosen; the same one again moves to the end. */
  async keep(handle: unknown): Promise<void> {
    const { storage, id, services } = this.#session;
    const others: unknown[] = [];
    for (const known of this.#handles) if (!(await services.picker.isSame(known, handle))) others.push(known);
    const handles = [...others, handle];
    await storage.projects.putHandle(id, handles);
    this.#handles = handles;
    this.#access = await this.#permission(false);
  }

  /** Asks for the folders again; needs a click. Throws `folder-permission` when one is refused. */
  async restore(): Promise<void> {
    this.#access = await this.#permission(true);
    if (this.#access !== 'granted') throw new WinnowError('folder-permission');
  }

  /** An item's bytes from whichever folder has them; null when none has or may be read. */
  async original(item: Item): Promise<Blob | null> {
    if (this.#access !== 'granted') return null;
    for (const handle of this.#handles.toReversed()) {
      try {
        return await this.#session.services.picker.original(handle, item);
      } catch (error) {
        if (!(error instanceof WinnowError)) throw error;
        if (error.code === 'folder-permission') this.#access = 'needs-permission';
      }
    }
    return null;
  }

  async #permission(ask: boolean): Promise<FolderAccess> {
    if (this.#handles.length === 0) return 'none';
    for (const handle of this.#handles) {
      const answer = await this.#session.services.picker.permission(handle, ask);
      if (answer !== 'granted') return answer;
    }
    return 'granted';
  }
}
