import type { Item } from '../domain/item.ts';
import type { EncodeInput } from '../loop/encoder-ports.ts';
import { plural } from './counting.ts';
import type { ProjectSession } from './project.svelte.ts';

/** What the encoder reads of the project's items. */
export class EncoderInputs {
  readonly #session: ProjectSession;
  /** Pictures since `begin` of which only the preview could be read. */
  #fromPreviews = 0;

  constructor(session: ProjectSession) {
    this.#session = session;
  }

  /** Counts previews anew. */
  begin(): void {
    this.#fromPreviews = 0;
  }

  /** One for each item; null where it can't be read. */
  async of(items: readonly Item[]): Promise<(EncodeInput | null)[]> {
    const { storage, id, modality, data } = this.#session;
    const ids = items.map((i) => i.id);
    if (modality === 'text') {
      const texts = await storage.items.texts(id, ids);
      return texts.map((text) => (text === null ? null : { text }));
    }
    return Promise.all(
      items.map(async (item) => {
        const original = await data.original(item);
        if (original) return { image: original };
        const image = await storage.items.thumb(id, item.id);
        if (image) this.#fromPreviews++;
        return image && { image, isPreview: true };
      }),
    );
  }

  /** Says so when previews stood in for originals. */
  tellOfPreviews(): void {
    if (this.#fromPreviews === 0) return;
    this.#session.notices.show('info', {
      what: `${plural(this.#fromPreviews, 'picture was', 'pictures were')} embedded from small previews.`,
      meaning: 'The originals can’t be read here. Previews are 256 pixels wide, so fine detail does not count.',
      action: 'Embeddings that are stored stay as they are; the originals count for what comes later.',
    });
  }
}
