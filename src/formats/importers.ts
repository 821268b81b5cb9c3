import type { Importer } from './format.ts';

const modules = import.meta.glob<{ default: Importer }>('./importers/*.ts', { eager: true });

/** Every importer. Adding one is adding a file to `importers/`. */
export const importers: readonly Importer[] = Object.values(modules).map((m) => m.default);

const byId = new Map(importers.map((i) => [i.id, i]));
if (byId.size !== importers.length) throw new Error('Two importers have the same id.');

export function importerById(id: string): Importer | undefined {
  return byId.get(id);
}
/** The importer for a file name, by extension. */
export function importerFor(path: string): Importer | undefined {
  const extension = path.toLowerCase().split('.').at(-1) ?? '';
  return importers.find((i) => i.extensions.includes(extension));
}
