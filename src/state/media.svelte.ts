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
  /** What was asked for before the last `refresh` is thrown away when it arrives. */
  #generation = 0;

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
      const generation = this.#generation;
      this.#load(item)
        .then((media) => {
          if (media && generation === this.#generation) this.#media.set(item.id, media);
          else if (media?.url) URL.revokeObjectURL(media.url);
        })
        .catch((error: unknown) => this.#session.fail(error))
        .finally(() => generation === this.#generation && this.#loading.delete(item.id));
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
    // One that failed is read again the next time; whoever asked is told.
    made.catch(() => this.#thumbs.delete(id));
    if (this.#thumbs.size > THUMBS_KEPT) this.#forgetOldestThumb();
    return made;
  }

  /** Forgets the originals, so that they are read again once the folder is allowed. */
  refresh(): void {
    this.#generation++;
    this.#loading.clear();
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
      void url.then(
        (u) => u && URL.revokeObjectURL(u),
        () => null,
      );
      return;
    }
  }

  async #load(item: Item): Promise<Media | null> {
    const { storage, id: project } = this.#session;
    if (item.modality === 'text') {
      const text = await storage.items.text(project, item.id);
      return { text: text ?? item.preview, url: null, isThumbnail: false };
    }
    const original = await this.#session.data.original(item);
    const blob = original ?? (await storage.items.thumb(project, item.id));
    if (!blob) return null;
    const url = URL.createObjectURL(blob);
    const image = new Image();
    image.src = url;
    await image.decode().catch(() => undefined);
    return { text: null, url, isThumbnail: original === null };
  }
}
