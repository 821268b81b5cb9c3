import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { headProbabilities } from '../../src/domain/head-maths.ts';
import { csv, spreadsheetCsv, unguardCell } from '../../src/formats/bytes.ts';
import { exporters } from '../../src/formats/exporters.ts';
import type { Snapshot } from '../../src/formats/format.ts';
import { DIM, embeddingsOf, HEAD, HIDDEN_HEAD } from '../fixtures/bundle-project.ts';
import { hex, setSnapshotOf, snapshotOf } from '../fixtures/snapshot.ts';

const filesOf = (id: string, snapshot: Snapshot = snapshotOf()) => {
  const exporter = exporters.find((e) => e.id === id);
  if (!exporter) throw new Error(`no exporter ${id}`);
  return new Map(exporter.export(snapshot).map((f) => [f.name, f.bytes]));
};
const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const table = (bytes: Uint8Array | undefined): Record<string, string>[] => {
  const { data, errors } = Papa.parse<Record<string, string>>(textOf(bytes), { header: true, skipEmptyLines: true });
  expect(errors).toEqual([]);
  return data.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, cell]) => [unguardCell(k), unguardCell(cell)])),
  );
};

describe('CSV', () => {
  it('brings any text back through another reader', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('=1+1', '+a', '-b', '@c', "'d", "''", '"', ',', '\r\n', '\t'),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const clean = rows.map((row) => row.map((c) => c.replaceAll('\uFEFF', '')));
        const { data } = Papa.parse<string[]>(textOf(spreadsheetCsv(clean)), { delimiter: ',', newline: '\r\n' });
        expect(data.slice(0, -1).map((row) => row.map(unguardCell))).toEqual(clean);
      }),
    );
  });

  it('leaves no text that a spreadsheet would run, and leaves numbers alone', () => {
    const cells = [['=HYPERLINK("x")', '+1', '-1', '@a', '\tb', -1.5, true, null]];
    expect(textOf(csv(cells))).toBe('"=HYPERLINK(""x"")",+1,-1,@a,\tb,-1.5,true,\r\n');
    const bytes = spreadsheetCsv(cells);
    // Excel needs to be told that it is UTF-8.
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const text = textOf(bytes);
    expect(text).toBe(`"'=HYPERLINK(""x"")",'+1,'-1,'@a,'\tb,-1.5,true,\r\n`);
  });
});

describe('labels', () => {
  it('as CSV: one row per standing label with everything that is known of it', () => {
    const rows = table(filesOf('labels-csv').get('labels.csv'));
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({
      path: 'Überweisung.csv#1',
      sha256: hex(0),
      class: '=Wald, "groß"',
      class_id: 'c1',
      set: 'test',
      text: 'Text 0\nmit "Zeilen", 🙂',
    });
    expect(rows[1]).toMatchObject({
      set: 'train',
      annotator: '+ann',
      duration_ms: '1234',
      round: '1',
      strategy: 'cold-kmeans',
      model_version: '',
      suggestion: '',
      other_paths: '["zweimal/da.jpg"]',
      flagged: 'false',
    });
    expect(rows[2]).toMatchObject({
      class: 'Fluss',
      labelled_at: new Date(1_700_000_000_006).toISOString(),
      strategy: 'margin-kmeans',
      model_version: '1',
      suggestion: '=Wald, "groß"',
      suggestion_probability: '0.75',
      flagged: 'true',
    });
  });

  it('as JSON Lines: the same with every path and the text, raw', () => {
    const lines = textOf(filesOf('labels-jsonl').get('labels.jsonl')).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toHaveLength(3);
    expect(records[0]).toMatchObject({ class: '=Wald, "groß"', text: 'Text 0\nmit "Zeilen", 🙂', set: 'test' });
    expect(records[1]).toMatchObject({ other_paths: ['zweimal/da.jpg'], round: 1, suggestion: null });
    expect(records[2]).toMatchObject({ suggestion_probability: 0.75, flagged: true, annotator: '+ann' });
  });

  it('names a class that is no longer in the schema by its id', () => {
    const snapshot = snapshotOf();
    const state = { ...snapshot.state, schema: { version: 3, classes: snapshot.state.schema.classes.slice(1) } };
    expect(table(filesOf('labels-csv', { ...snapshot, state }).get('labels.csv'))[0]?.['class']).toBe('c1');
  });
});

describe('predictions', () => {
  const rows = table(filesOf('predictions-csv').get('predictions.csv'));
  it('has a row for every item, with the probability of each class', () => {
    expect(rows).toHaveLength(6);
    expect(rows.map((r) => r['set'])).toEqual(['test', 'train', 'train', 'pool', 'pool', 'pool']);
    expect(rows.map((r) => r['text'])).toEqual(rows.map((_, i) => `Text ${i}\nmit "Zeilen", 🙂`));
    expect(rows.map((r) => r['label'])).toEqual(['=Wald, "groß"', '=Wald, "groß"', 'Fluss', '', '', '']);
    const { probabilities } = snapshotOf().predictions ?? { probabilities: new Float32Array() };
    rows.slice(0, 5).forEach((row, i) => {
      const [a, b] = [Number(row['p(=Wald, "groß")']), Number(row['p(Fluss)'])];
      expect(a).toBeCloseTo(probabilities[i * 2] ?? -1, 5);
      expect(a + b).toBeCloseTo(1, 5);
      expect(row['prediction']).toBe(a > b ? '=Wald, "groß"' : 'Fluss');
      expect(Number(row['probability'])).toBe(Math.max(a, b));
    });
    expect(new Set(rows.slice(0, 5).map((r) => r['prediction'])).size).toBe(2);
  });

  it('leaves an item without an embedding empty', () => {
    expect(rows[5]).toMatchObject({ prediction: '', probability: '', 'p(Fluss)': '' });
  });
});

describe('head for TensorFlow.js', () => {
  it.each([
    ['linear', HEAD],
    ['with a hidden layer', HIDDEN_HEAD],
  ])('loads as a layers model that predicts what the head predicts: %s', async (_name, head) => {
    const files = filesOf('head-tfjs', snapshotOf({ head }));
    const model = JSON.parse(textOf(files.get('model.json'))) as {
      modelTopology: object;
      weightsManifest: { weights: tf.io.WeightsManifestEntry[]; paths: string[] }[];
    };
    expect(model.weightsManifest.flatMap((m) => m.paths)).toEqual(['weights.bin']);
    const weights = files.get('weights.bin') ?? new Uint8Array();
    const loaded = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: model.modelTopology,
        weightSpecs: model.weightsManifest.flatMap((m) => m.weights),
        weightData: weights.slice().buffer,
      }),
    );
    const { data } = embeddingsOf([0, 1, 2, 3, 4, 5]);
    const rows = Int32Array.from([0, 1, 2, 3, 4, 5]);
    const predicted = (loaded.predict(tf.tensor2d(data, [6, DIM])) as tf.Tensor).dataSync();
    expect(loaded.layers).toHaveLength(head.hidden ? 3 : 2);
    const expected = headProbabilities(head, data, rows);
    expect(predicted.length).toBe(expected.length);
    expected.forEach((p, i) => expect(predicted[i]).toBeCloseTo(p, 5));
    // The probabilities differ between the items, so that an agreement means something.
    expect(
      Math.max(...expected.filter((_, i) => i % 2 === 0)) - Math.min(...expected.filter((_, i) => i % 2 === 0)),
    ).toBeGreaterThan(0.2);
  });

  it('says what is needed to use it', () => {
    const facts = JSON.parse(textOf(filesOf('head-tfjs').get('winnow-head.json'))) as unknown;
    expect(facts).toMatchObject({
      format: 'winnow-head',
      version: 1,
      modelVersion: 1,
      classes: [
        { id: 'c1', name: '=Wald, "groß"' },
        { id: 'c2', name: 'Fluss' },
      ],
      encoder: { name: 'Key', embeddings: expect.stringMatching(/@1-fp32$/) as string, revision: 1, dim: DIM },
      lambda: 0.01,
    });
  });
});

describe('where an item can have several classes', () => {
  const snapshot = setSnapshotOf();

  it('the CSV joins the names in one cell and has a column of 0 and 1 for each class', () => {
    const rows = table(filesOf('labels-csv', snapshot).get('labels.csv'));
    const wood = '=Wald, "groß"';
    expect(rows.map((r) => [r['classes'], r[`is(${wood})`], r['is(Fluss)'], r['is(Später)']])).toEqual([
      [wood, '1', '0', ''],
      ['', '0', '0', ''],
      [`${wood}|Fluss`, '1', '1', ''],
    ]);
    expect(rows[2]?.['suggestions']).toBe(`${wood} 0.7500`);
  });

  it('the JSON Lines have arrays, empty for none of these', () => {
    const lines = textOf(filesOf('labels-jsonl', snapshot).get('labels.jsonl')).trim().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map((r) => [r['class_ids'], r['not_asked']])).toEqual([
      [['c1'], ['Später']],
      [[], ['Später']],
      [['c1', 'c2'], ['Später']],
    ]);
    expect(records[2]).toMatchObject({ suggestions: [{ class: '=Wald, "groß"', probability: 0.75 }] });
  });

  it('predictions are every class that reaches its threshold', () => {
    const rows = table(filesOf('predictions-csv', snapshot).get('predictions.csv'));
    for (const row of rows.slice(0, -1)) {
      const [wood, river] = [Number(row['p(=Wald, "groß")']), Number(row['p(Fluss)'])];
      const expected = [...(wood >= 0.4 ? ['=Wald, "groß"'] : []), ...(river >= 0.25 ? ['Fluss'] : [])];
      expect(row['predictions']).toBe(expected.join('|'));
    }
    expect(rows.at(-1)).toMatchObject({ predictions: '', 'p(Fluss)': '' });
    expect(new Set(rows.map((r) => r['predictions'])).size).toBeGreaterThan(1);
  });

  it('the model has sigmoids, says its thresholds and computes the same probabilities', async () => {
    const files = filesOf('head-tfjs', snapshot);
    const facts = JSON.parse(textOf(files.get('winnow-head.json'))) as { thresholds: number[]; output: string };
    expect(facts.thresholds.map((t) => t.toFixed(2))).toEqual(['0.40', '0.25']);
    const { modelTopology, weightsManifest } = JSON.parse(textOf(files.get('model.json'))) as {
      modelTopology: object;
      weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
    };
    const weightData = (files.get('weights.bin') as Uint8Array).slice().buffer;
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0]?.weights ?? [], weightData }),
    );
    const { data } = embeddingsOf([0, 1, 2]);
    const expected = snapshot.predictions?.probabilities.subarray(0, 6) ?? [];
    const found = await (model.predict(tf.tensor2d(data, [3, DIM])) as tf.Tensor).data();
    found.forEach((p, i) => expect(p).toBeCloseTo(expected[i] ?? -1, 5));
  });
});

describe('a calibrated model', () => {
  const temperature = 1.75;
  const calibrated: Snapshot = { ...snapshotOf(), temperature };

  it('is exported with its temperature in weights and bias', () => {
    const [plain, scaled] = [snapshotOf(), calibrated].map(
      (s) => new Float32Array(filesOf('head-tfjs', s).get('weights.bin')?.slice().buffer ?? new ArrayBuffer(0)),
    );
    expect(scaled?.length).toBe(plain?.length);
    plain?.forEach((value, i) => expect(scaled?.[i]).toBeCloseTo(value / temperature, 6));
    expect(JSON.parse(textOf(filesOf('head-tfjs', calibrated).get('winnow-head.json')))).toMatchObject({ temperature });
    expect(textOf(filesOf('head-tfjs').get('winnow-head.json'))).not.toContain('"temperature"');
  });

  it('says beside its predictions at which temperature they are', () => {
    const [row] = table(filesOf('predictions-csv', calibrated).get('predictions.csv'));
    expect(row?.['temperature']).toBe('1.7500');
    const [plain] = table(filesOf('predictions-csv').get('predictions.csv'));
    expect(plain && 'temperature' in plain).toBe(false);
  });

  it('names the calibration slice as a set of its own', () => {
    const state = { ...calibrated.state, calibration: new Set([hex(2)]) };
    const sets = table(filesOf('labels-csv', { ...calibrated, state }).get('labels.csv')).map((r) => r['set']);
    expect(sets).toEqual(['test', 'train', 'calibration']);
    const parts = table(filesOf('predictions-csv', { ...calibrated, state }).get('predictions.csv')).map(
      (r) => r['set'],
    );
    expect(parts.slice(0, 4)).toEqual(['test', 'train', 'calibration', 'pool']);
  });
});
