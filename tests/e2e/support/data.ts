import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import Papa from 'papaparse';

export const DATA_DIR = resolve(process.env['DATA_DIR'] ?? '../shared/data');
export const MODELS_DIR = resolve(process.env['MODELS_DIR'] ?? '../shared/models');
export const hasData = existsSync(join(DATA_DIR, 'SOURCES.md'));
export const hasModels = existsSync(join(MODELS_DIR, 'SOURCES.md'));

/** Unpacks the first `perClass` images of every class into `folder`; returns the number of files. */
export function unpackImages(zip: string, folder: string, perClass: number): number {
  const members = unzipSync(new Uint8Array(readFileSync(join(DATA_DIR, 'images', zip))));
  const taken = new Map<string, number>();
  let count = 0;
  for (const path of Object.keys(members).sort()) {
    if (!path.endsWith('.jpg')) continue;
    const [name = '', label = ''] = path.split('/').reverse();
    const n = taken.get(label) ?? 0;
    if (n >= perClass) continue;
    taken.set(label, n + 1);
    const target = join(folder, label, name);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, members[path] as Uint8Array);
    count++;
  }
  return count;
}

/** Rows of `banking77_train.csv` of its first classes by name, as a CSV file; returns path and rows. */
export function bankingSubset(file: string, classes: number): { text: string; label: string }[] {
  const { data } = Papa.parse<{ text: string; label: string }>(
    readFileSync(join(DATA_DIR, 'text', 'banking77_train.csv'), 'utf8'),
    { header: true, skipEmptyLines: true },
  );
  const names = [...new Set(data.map((row) => row.label))].sort().slice(0, classes);
  const rows = data.filter((row) => names.includes(row.label));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Papa.unparse(rows));
  return rows;
}
