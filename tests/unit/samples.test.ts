import { unzlibSync } from 'fflate';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { cosTurn, sinTurn } from '../../src/domain/samples/exact-maths.ts';
import { describePart, INSPECTION_CLASSES, inspectionSample } from '../../src/domain/samples/inspection.ts';
import { drawPart } from '../../src/domain/samples/inspection-drawing.ts';
import { encodePng } from '../../src/domain/samples/png.ts';
import { TRIAGE_CLASSES } from '../../src/domain/samples/triage-grammar.ts';
import { generateTriageTexts } from '../../src/domain/samples/triage.ts';

/** How often each value occurs. */
function tally(labels: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Mean absolute difference of two pictures, 0..255. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
}

describe('PNG', () => {
  test('holds the pixels it was given', () => {
    const rgb = Uint8Array.from({ length: 4 * 3 * 3 }, (_, i) => (i * 37) % 256);
    const png = encodePng(rgb, 4, 3);
    const view = new DataView(png.buffer);
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([4, 3]);
    const at = Buffer.from(png).indexOf('IDAT');
    const rows = unzlibSync(png.subarray(at + 4, at + 4 + view.getUint32(at - 4)));
    const decoded = new Uint8Array(rgb.length);
    for (let y = 0; y < 3; y++) {
      expect(rows[y * 13]).toBe(2);
      for (let x = 0; x < 12; x++) {
        decoded[y * 12 + x] = (rows[y * 13 + 1 + x] as number) + (y === 0 ? 0 : (decoded[(y - 1) * 12 + x] as number));
      }
    }
    expect(decoded).toEqual(rgb);
  });

  test('has the check value that the standard gives for an empty end chunk', () => {
    const end = encodePng(new Uint8Array(3), 1, 1).slice(-4);
    expect([...end]).toEqual([0xae, 0x42, 0x60, 0x82]);
  });

  test('refuses pixels of another size', () => {
    expect(() => encodePng(new Uint8Array(5), 1, 1)).toThrow(RangeError);
  });
});

describe('machine parts', () => {
  const labels = Array.from({ length: 2000 }, (_, i) => describePart(20_261, i).label);

  test('sine without Math.sin stays within 1e-4', () => {
    for (let t = -2; t < 2; t += 0.013) {
      expect(Math.abs(sinTurn(t) - Math.sin(2 * Math.PI * t))).toBeLessThan(1e-4);
      expect(Math.abs(cosTurn(t) - Math.cos(2 * Math.PI * t))).toBeLessThan(1e-4);
    }
  });

  test('every class occurs, one of them rarely', () => {
    const counts = tally(labels);
    expect(Object.keys(counts).sort()).toEqual([...INSPECTION_CLASSES].sort());
    expect(counts['missing hole']).toBeGreaterThan(20);
    expect(counts['missing hole']).toBeLessThan(80);
    expect(counts['intact']).toBeGreaterThan(600);
  });

  test('the same index gives the same bytes, another index or seed gives others', () => {
    const png = inspectionSample(1, 3).png;
    expect(inspectionSample(1, 3).png).toEqual(png);
    expect(inspectionSample(1, 4).png).not.toEqual(png);
    expect(inspectionSample(2, 3).png).not.toEqual(png);
  });

  test('the bytes are pinned, so that a project made today meets the same items tomorrow', () => {
    const hash = createHash('sha256');
    for (let i = 0; i < 20; i++) hash.update(drawPart(describePart(20_261, i), 96));
    expect(hash.digest('hex')).toBe('38f39eb6ae74bc6196ffc4278c471f2114e92b2cdb42c4e577fe9c4fac67af31');
  });

  test('only the class decides whether a hole is missing', () => {
    for (let i = 0; i < 400; i++) {
      const part = describePart(9, i);
      expect(part.missing >= 0).toBe(part.label === 'missing hole');
    }
  });

  test('a defect changes the picture', () => {
    for (let i = 0; i < 60; i++) {
      const part = describePart(9, i);
      if (part.label === 'intact') continue;
      const clean = drawPart({ ...part, marks: [], missing: -1 }, 96);
      expect(difference(drawPart(part, 96), clean), `${part.label} ${i}`).toBeGreaterThan(0.2);
    }
  });

  test('some pictures are second shots: the same marks, other bytes', () => {
    const seen = new Map<string, number>();
    let again = 0;
    for (let i = 0; i < 500; i++) {
      const part = describePart(9, i);
      const earlier = seen.get(String(part.textureSeed));
      if (earlier === undefined) {
        seen.set(String(part.textureSeed), i);
        continue;
      }
      again++;
      expect(part.label).toBe(describePart(9, earlier).label);
      expect(inspectionSample(9, i).png).not.toEqual(inspectionSample(9, earlier).png);
    }
    expect(again).toBeGreaterThan(10);
    expect(again).toBeLessThan(60);
  });
});

describe('clinic messages', () => {
  const texts = generateTriageTexts(20_261, 2000);

  test('are what they are for a seed, whatever the count', () => {
    expect(generateTriageTexts(20_261, 50)).toEqual(texts.slice(0, 50));
    expect(generateTriageTexts(3, 50)).not.toEqual(texts.slice(0, 50));
  });

  test('nearly all differ', () => {
    expect(new Set(texts.map(({ text }) => text)).size).toBeGreaterThan(1900);
  });

  test('every class occurs, one of them rarely', () => {
    const counts = tally(texts.map(({ label }) => label));
    expect(Object.keys(counts).sort()).toEqual([...TRIAGE_CLASSES].sort());
    expect(counts['emergency']).toBeGreaterThan(20);
    expect(counts['emergency']).toBeLessThan(80);
  });

  test('no slot of the grammar is left unfilled and no article is doubled', () => {
    for (const { text } of texts) {
      expect(text).not.toMatch(/[{}]/);
      expect(text).not.toMatch(/\b(the|my|a) (the|a|an)\b/i);
      expect(text.length).toBeGreaterThan(15);
      expect(text.length).toBeLessThan(500);
    }
  });
});
