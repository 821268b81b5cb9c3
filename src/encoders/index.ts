import type { Modality } from '../domain/item.ts';
import type { EncoderSpec } from './spec.ts';

const modules = import.meta.glob<{ default: EncoderSpec }>(['./*.ts', '!./index.ts', '!./spec.ts'], { eager: true });

/** Every encoder; the built-in ones, which need no files, first. Adding one is adding a file to this folder. */
export const encoders: readonly EncoderSpec[] = Object.values(modules)
  .map((m) => m.default)
  .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en'));

const byId = new Map(encoders.map((e) => [e.id, e]));
if (byId.size !== encoders.length) throw new Error('Two encoders have the same id.');

export function encoderById(id: string): EncoderSpec | undefined {
  return byId.get(id);
}
export function encodersFor(modality: Modality): readonly EncoderSpec[] {
  return encoders.filter((e) => e.modality === modality);
}

function rank(spec: EncoderSpec): number {
  return spec.runtime === 'transformers' ? 1 : 0;
}
