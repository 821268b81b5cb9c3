import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import Papa from 'papaparse';
import { inspectionSample } from '../../../src/domain/samples/inspection.ts';

/** A labelled set in memory: one encoded image or one UTF-8 text per entry. */
export interface Dataset {
  readonly entries: readonly Uint8Array[];
  /** Class index of each entry, [entries]. */
  readonly labels: Int32Array;
  readonly classes: number;
}

/** Every image of a zip with one folder per class, sorted by path. */
export function zippedImages(dataDir: string, name: string): Dataset {
  const files = unzipSync(readFileSync(join(dataDir, 'images', name)));
  const paths = Object.keys(files)
    .filter((path) => /\.(?:jpe?g|png)$/i.test(path))
    .sort();
  return dataset(paths.map((path) => [path.split('/').at(-2) ?? '', files[path] ?? new Uint8Array(0)]));
}

/** A CSV table with the columns `text` and `label`. */
export function textTable(dataDir: string, name: string): Dataset {
  const csv = readFileSync(join(dataDir, 'text', name), 'utf8');
  const { data } = Papa.parse<{ text: string; label: string }>(csv, { header: true, skipEmptyLines: true });
  const encoder = new TextEncoder();
  return dataset(data.map(({ text, label }) => [label, encoder.encode(text)]));
}

/** The app's practice pictures. */
export function practiceImages(count: number): Dataset {
  const pictures = Array.from({ length: count }, (_, i) => inspectionSample(20_261, i));
  return dataset(pictures.map(({ label, png }) => [label, png]));
}

/** All entries in one block for one transfer: a line of JSON with their sizes in bytes, then the bytes. */
export function packEntries(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(entries.map((e) => e.length))}\n`), ...entries]);
}

function dataset(rows: readonly (readonly [string, Uint8Array])[]): Dataset {
  const names = [...new Set(rows.map(([label]) => label))].sort();
  return {
    entries: rows.map(([, bytes]) => bytes),
    labels: Int32Array.from(rows, ([label]) => names.indexOf(label)),
    classes: names.length,
  };
}
