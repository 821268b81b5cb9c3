import { NAME } from '../domain/embedding/zero-shot.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import { WordEncoder } from '../loop/word-encoder.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Idle for so long, the encoder gives its memory back. */
const REST_MS = 60_000;
const ITSELF: readonly string[] = [NAME];

/** Words in the space of the project's items: which encoder reads them, and whether there is one. */
export class WordSideState {
  readonly #session: ProjectSession;
  readonly #encoder: WordEncoder;
  /** Calls that are under way: the encoder rests after the last. */
  #calls = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: ProjectSession) {
    this.#session = session;
    this.#encoder = new WordEncoder(() => session.services.newEncoder());
  }

  /** For texts the encoder of the items, for images the other half of a pair; null where there is none. */
  readonly spec: EncoderSpec | null = $derived.by(() => {
    const { encoding, encoderLibrary } = this.#session;
    const { selected } = encoding;
    if (selected.modality === 'text') return selected;
    return (selected.words && encoderLibrary.byId(selected.words.encoder)) ?? null;
  });
  /** What the encoder was trained to read of a name. */
  readonly templates: readonly string[] = $derived.by(() => this.#session.encoding.selected.words?.templates ?? ITSELF);
  /** The half that is missing and can be downloaded, else null. */
  readonly missing: EncoderSpec | null = $derived.by(() => {
    const { spec } = this;
    if (!spec || this.#session.encoderLibrary.isReady(spec)) return null;
    return spec;
  });
  /** Why words can't be compared with the items now, as a sentence; null when they can. */
  readonly problem: string | null = $derived.by(() => {
    const { encoding, encoderLibrary } = this.#session;
    if (!this.spec) {
      return `${encoding.selected.name} knows no words. Choose an encoder that reads pictures and words, such as CLIP ViT-B/32.`;
    }
    if (this.missing) {
      const size = encoderLibrary.download(this.missing).sizeBytes;
      const much = size > 0 ? ` (about ${Math.round(size / 1e6)} MB)` : '';
      return `This needs ${this.missing.name} too${much}: it reads words as ${encoding.selected.name} reads pictures.`;
    }
    if (!encoding.isComplete) return 'The items must be embedded first.';
    return null;
  });
  /** Changes when the same words would get another vector. */
  get key(): string {
    return `${this.#session.encoding.key}:${this.spec?.id ?? ''}`;
  }

  /** Unit vectors of some words, row-major [texts, dim]. */
  async embed(
    texts: readonly string[],
    signal: AbortSignal,
    onProgress?: (done: number, total: number) => void,
  ): Promise<Float32Array> {
    const { spec, key } = this;
    if (!spec) throw new DOMException('There is no encoder for words.', 'AbortError');
    const { encoding, storage, id } = this.#session;
    const items = encoding.key;
    // What an encoder notes beside the embeddings of transformers models is not for its worker.
    const learns = spec.runtime !== 'transformers';
    const readState = (): Promise<unknown> =>
      learns ? storage.embeddings.getEncoderState(id, items) : Promise.resolve(null);
    clearTimeout(this.#timer);
    this.#calls++;
    try {
      return await this.#encoder.embed(
        { spec, precision: encoding.precision, key, readState },
        texts,
        signal,
        onProgress,
      );
    } finally {
      this.#calls--;
      if (this.#calls === 0) this.#timer = setTimeout(() => this.#encoder.rest(), REST_MS);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#encoder.rest();
  }
}
