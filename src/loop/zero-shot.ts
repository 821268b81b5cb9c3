import { descriptionsOf, zeroShotScores } from '../domain/embedding/zero-shot.ts';
import type { EncoderSpec } from '../encoders/spec.ts';
import { orAbort } from './encoder-run.ts';
import type { Encoder, RunPlan } from './ports.ts';

export interface ZeroShotOptions {
  readonly encoder: Encoder;
  /** For texts the encoder of the items; for images the text side of the same pair. */
  readonly spec: EncoderSpec;
  /** With the precision of the items' embeddings. */
  readonly plan: RunPlan;
  readonly classes: readonly { readonly name: string; readonly guideline: string }[];
  /** Embeddings of the items, row-major [n, dim], unit-normalised. */
  readonly items: Float32Array;
  readonly dim: number;
  readonly signal: AbortSignal;
}

/** Cosine of every item to every class, [n, classes], from the names and guidelines alone. The encoder is stopped. */
export async function scoreWithoutLabels(o: ZeroShotOptions): Promise<Float32Array> {
  const texts = o.classes.map(({ name, guideline }) => descriptionsOf(name, guideline));
  try {
    await orAbort(o.signal, () => o.encoder.open(o.spec, o.plan, null));
    const inputs = texts.flat().map((text) => ({ text }));
    const { data } = await orAbort(o.signal, () => o.encoder.embed(inputs));
    let at = 0;
    const descriptions = texts.map(({ length }) => data.subarray(at * o.dim, (at += length) * o.dim));
    return zeroShotScores(o.items, descriptions, o.dim);
  } finally {
    o.encoder.stop();
  }
}
