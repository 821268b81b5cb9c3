import type { EncoderSpec } from '../../encoders/spec.ts';
import { OpfsModelStore } from './opfs-model-store.ts';

/** Spec of an encoder that the user brought, by its id; null when it is not on this machine. */
export async function storedEncoder(id: string): Promise<EncoderSpec | null> {
  const models = await new OpfsModelStore().list();
  return models.find((model) => model.encoder?.id === id)?.encoder ?? null;
}
