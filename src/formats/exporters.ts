import type { Exporter } from './format.ts';

const modules = import.meta.glob<{ default: Exporter }>('./exporters/*.ts', { eager: true });

/** Every export format, by name. Adding one is adding a file to `exporters/`. */
export const exporters: readonly Exporter[] = Object.values(modules)
  .map((m) => m.default)
  .sort((a, b) => a.name.localeCompare(b.name, 'en'));

if (new Set(exporters.map((e) => e.id)).size !== exporters.length) throw new Error('Two exporters have the same id.');
