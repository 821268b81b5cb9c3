import { SvelteMap } from 'svelte/reactivity';
import type { ItemId } from '../domain/ids.ts';
import type { Item } from '../domain/item.ts';
import type { ProjectSession } from './project.svelte.ts';

export interface Media {
  readonly text: string | null;
  readonly url: string | null;
  readonly isThumbnail: boolean;
}
const NOTHING: Media = { text: null, url: null, isThumbnail: false };
const KEPT = 24;
const THUMBS_KEPT = 400;

/** Texts and object URLs of the items on screen and the next few; URLs are revoked when they fall out. */
export class MediaCache {
  readonly #session: ProjectSession;
  readonly #media = new SvelteMap<ItemId, Media>();
  readonly #loading = new Set<ItemId>();
  readonly #thumbs = new Map<ItemId, Promise<string | null>>();

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  get(item: Item): Media {
    return this.#media.get(item.id) ?? NOTHING;
  }

  /** Reads what is not there yet and forgets what is no longer near. */
  want(items: readonly Item[]): void {
    for (const item of items) {
      if (this.#media.has(item.id) || this.#loading.has(item.id)) continue;
      this.#loading.add(item.id);
      this.#load(item)
        .catch((error: unknown) => this.#session.fail(error))
        .finally(() => this.#loading.delete(item.id));
    }
    const near = new Set(items.map((i) => i.id));
    for (const [id, media] of this.#media) {
      if (this.#media.size <= KEPT) break;
      if (near.has(id)) continue;
      if (media.url) URL.revokeObjectURL(media.url);
      this.#media.delete(id);
    }
  }

  /** Object URL of a thumbnail; null for texts. */
  thumb(id: ItemId): Promise<string | null> {
    const known = this.#thumbs.get(id);
    if (known) return known;
    const made = this.#session.storage.items
      .thumb(this.#session.id, id)
      .then((blob) => (blob ? URL.createObjectURL(blob) : null));
    this.#thumbs.set(id, made);
    if (this.#thumbs.size > THUMBS_KEPT) this.#forgetOldestThumb();
    return made;
  }

  /** Forgets the originals, so that they are read again once the folder is allowed. */
  refresh(): void {
    for (const media of this.#media.values()) if (media.url) URL.revokeObjectURL(media.url);
    this.#media.clear();
  }

  close(): void {
    this.refresh();
    while (this.#thumbs.size > 0) this.#forgetOldestThumb();
  }

  #forgetOldestThumb(): void {
    for (const [id, url] of this.#thumbs) {
      this.#thumbs.delete(id);
      void url.then((u) => u && URL.revokeObjectURL(u));
      return;
    }
  }

  async #load(item: Item): Promise<void> {
    const { storage, id: project } = this.#session;
    if (item.modality === 'text') {
      const text = await storage.items.text(project, item.id);
      this.#media.set(item.id, { text: text ?? item.preview, url: null, isThumbnail: false });
      return;
    }
    const original = await this.#session.data.original(item);
    const blob = original ?? (await storage.items.thumb(project, item.id));
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    const image = new Image();
    image.src = url;
    await image.decode().catch(() => undefined);
    this.#media.set(item.id, { text: null, url, isThumbnail: original === null });
  }
}
