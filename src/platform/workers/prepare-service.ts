import { transfer } from 'comlink';
import { WinnowError } from '../../domain/errors.ts';
import type { EncoderSpec } from '../../encoders/spec.ts';
import type { EncodeInput } from '../../loop/encoder-ports.ts';
import { ImageReader } from '../transformers/image-reader.ts';
import { openModelFiles } from '../transformers/model-files.ts';
import { configureRuntime } from '../transformers/runtime.ts';
import { TextReader } from '../transformers/text-reader.ts';
import type { Prepared } from './prepared.ts';

/** Tokenises texts and decodes pictures for a model that runs elsewhere meanwhile. */
export class PrepareService {
  readonly #origin: string;
  #texts: TextReader | null = null;
  #images: ImageReader | null = null;

  constructor(origin: string) {
    this.#origin = origin;
  }

  async open(spec: EncoderSpec): Promise<void> {
    const files = await openModelFiles(spec);
    configureRuntime(this.#origin, 1, files);
    this.#texts = spec.modality === 'text' ? await TextReader.open(spec) : null;
    this.#images =
      spec.modality === 'image' ? await ImageReader.open(`${this.#origin}/models/${spec.path}`, files.fetch) : null;
  }

  async prepare(inputs: readonly EncodeInput[]): Promise<Prepared> {
    if (this.#texts) {
      const prepared = this.#texts.read(inputs.map((i) => ('text' in i ? i.text : '')));
      return transfer(prepared, [prepared.ids.buffer, prepared.lengths.buffer]);
    }
    if (!this.#images) throw new WinnowError('encoder-failed', 'No encoder is open');
    const prepared = await this.#images.read(
      inputs.map((i) => {
        if ('image' in i) return i.image;
        throw new WinnowError('encoder-failed', 'The image encoder was given a text');
      }),
    );
    return transfer(prepared, [prepared.data.buffer]);
  }
}
