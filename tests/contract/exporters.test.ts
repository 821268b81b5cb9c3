import { describe, expect, it } from 'vitest';
import { exporters } from '../../src/formats/exporters.ts';
import { snapshotOf } from '../fixtures/snapshot.ts';

describe('registry of exporters', () => {
  it('has one file for each exporter, named after its id', () => {
    const files = Object.keys(import.meta.glob('../../src/formats/exporters/*.ts'))
      .map((path) => path.replace(/^.*\/|\.ts$/g, ''))
      .sort();
    expect(exporters.map((e) => e.id).sort()).toEqual(files);
    expect(files.length).toBeGreaterThanOrEqual(4);
  });
});

describe.each(exporters.map((e) => [e.id, e] as const))('exporter contract: %s', (_id, exporter) => {
  it('has a name and one sentence for the user', () => {
    expect(exporter.id).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(exporter.name.length).toBeGreaterThan(3);
    expect(exporter.summary).toMatch(/[.!]$/);
  });

  it('gives files with plain, distinct names, a media type and bytes', () => {
    const files = exporter.export(snapshotOf());
    expect(files.length).toBeGreaterThan(0);
    expect(new Set(files.map((f) => f.name)).size).toBe(files.length);
    for (const { name, type, bytes } of files) {
      expect(name).toMatch(/^[\w-]+\.[a-z]+$/);
      expect(type).toMatch(/^[a-z]+\/[\w.+-]+$/);
      expect(bytes).toBeInstanceOf(Uint8Array);
      expect(bytes.length).toBeGreaterThan(0);
    }
  });

  it('gives the same bytes for the same snapshot and leaves it alone', () => {
    const snapshot = snapshotOf();
    const untouched = snapshotOf();
    const first = exporter.export(snapshot);
    expect(exporter.export(snapshot)).toEqual(first);
    expect({ ...snapshot, textOf: null }).toEqual({ ...untouched, textOf: null });
  });

  it('copes with a project without items and labels', () => {
    const empty = snapshotOf({ rows: 0 });
    for (const { bytes } of exporter.export(empty)) expect(bytes).toBeInstanceOf(Uint8Array);
  });

  it('before the first head gives nothing if it needs one, else its files', () => {
    const files = exporter.export(snapshotOf({ hasHead: false }));
    expect(files.length > 0).toBe(!exporter.needsHead);
  });

  it('writes text as UTF-8, with a byte order mark where it is for spreadsheets and nowhere else', () => {
    for (const { bytes, type } of exporter.export(snapshotOf())) {
      if (type === 'application/octet-stream') continue;
      expect(bytes.subarray(0, 3).join() === '239,187,191').toBe(type === 'text/csv');
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).not.toThrow();
    }
  });
});
