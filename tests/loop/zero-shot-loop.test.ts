import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/domain/random.ts';
import clip from '../../src/encoders/clip-vit-base-patch32.ts';
import clipText from '../../src/encoders/clip-vit-base-patch32-text.ts';
import type { EncoderSpec } from '../../src/encoders/spec.ts';
import type { EncodeInput, Encoded, EncoderInfo, RunPlan } from '../../src/loop/encoder-ports.ts';
import { WordEncoder, type WordSide } from '../../src/loop/word-encoder.ts';
import { groupsOfNames, scoreWithoutLabels } from '../../src/loop/zero-shot.ts';
import { rankRows } from '../../src/loop/rank-items.ts';
import { findTexts } from '../../src/loop/find-texts.ts';
import { LocalLearner } from '../../src/platform/learner/local-learner.ts';
import { textItems } from '../fixtures/log.ts';
import { ReadyEncoder } from '../fakes/ready-encoder.ts';

const THINGS = ['cat', 'bridge', 'apple'];
const DIM = 8;

/** Both halves of a pair: a picture's bytes say what is on it, a sentence is about the things whose word it holds. */
class TwoTowers extends ReadyEncoder {
  readonly opened: { spec: string; plan: RunPlan; state: unknown }[] = [];
  readonly read: string[] = [];
  stops = 0;
  failures = 0;
  #spec: EncoderSpec | null = null;

  open(spec: EncoderSpec, plan: RunPlan, state: unknown): Promise<EncoderInfo> {
    this.#spec = spec;
    this.opened.push({ spec: spec.id, plan, state });
    return Promise.resolve({ key: spec.id, backend: 'wasm', dim: DIM, fallback: null, threads: 1, lanes: 1 });
  }
  async embed(inputs: readonly EncodeInput[]): Promise<Encoded> {
    if (this.failures-- > 0) throw new Error('no');
    const data = new Float32Array(inputs.length * DIM);
    for (const [i, input] of inputs.entries()) {
      if ('text' in input !== (this.#spec?.modality === 'text')) throw new Error('the wrong half was asked');
      const said = 'text' in input ? input.text : await input.image.text();
      if ('text' in input) this.read.push(input.text);
      const noise = seededRandom(said.length);
      const row = Array.from({ length: DIM }, (_, d) =>
        THINGS[d] !== undefined && said.includes(THINGS[d]) ? 1 : 0.2 * noise.normal(),
      );
      const norm = Math.hypot(...row);
      row.forEach((v, d) => (data[i * DIM + d] = v / norm));
    }
    return { data, failed: [], truncated: [] };
  }
  stop(): void {
    this.stops++;
  }
}

const side: WordSide = {
  spec: clipText,
  precision: 'q8',
  key: 'clip',
  readState: () => Promise.resolve(null),
};
const { signal } = new AbortController();

/** Thirty pictures of a cat, then bridges, then apples, as the image half sees them. */
async function pictures(towers: TwoTowers): Promise<Float32Array> {
  await towers.open(clip, { backend: 'wasm', precision: 'q8', threads: 1, batch: null }, null);
  const inputs = THINGS.flatMap((t) =>
    Array.from({ length: 30 }, (_, i) => ({ image: new Blob([`${t}${'.'.repeat(i)}`]) })),
  );
  return (await towers.embed(inputs)).data;
}

describe.each(['cpu', 'wasm'] as const)('pictures and class names, two halves of one encoder, on %s', (backend) => {
  it('find each other through the half that reads words, in every sentence that it was trained on', async () => {
    const data = await pictures(new TwoTowers());
    const learner = new LocalLearner();
    await learner.open(backend);
    await learner.load(data, 90, DIM);
    const towers = new TwoTowers();
    const words = new WordEncoder(() => towers);
    const scored = await scoreWithoutLabels({
      classes: THINGS.map((name) => ({ name, guideline: `What a ${name} looks like.` })),
      templates: clip.words.templates,
      embed: (texts) => words.embed(side, texts, signal),
      compare: (vectors, count) => learner.similarities(vectors, count),
    });
    expect(towers.opened).toEqual([
      {
        spec: 'clip-vit-base-patch32-text',
        plan: { backend: 'wasm', precision: 'q8', threads: 1, batch: null },
        state: null,
      },
    ]);
    expect(towers.read).toContain('a close-up photo of a bridge.');
    expect(towers.read).toHaveLength(3 * (clip.words.templates.length + 1));
    const groups = await groupsOfNames(
      scored,
      Int32Array.from({ length: 90 }, (_, i) => i),
    );
    groups.forEach(({ name, rows }, c) => {
      expect(name).toBe(THINGS[c]);
      expect(rows).toHaveLength(20);
      expect([...rows].every((row) => Math.floor(row / 30) === c)).toBe(true);
    });
    const { picks } = await learner.select({
      strategy: 'zero-shot-start',
      count: 12,
      seed: 1,
      candidates: Int32Array.from({ length: 90 }, (_, i) => i),
      labelledRows: new Int32Array(),
      labels: new Int32Array(),
      classNames: [],
      groups,
    });
    for (const name of THINGS) {
      expect(picks.filter((p) => p.reason === `Closest to your words for ${name}.`)).toHaveLength(3);
    }
    expect(picks.filter((p) => p.reason.startsWith('Not among'))).toHaveLength(3);
  });
});

it('similarities are the same bits on every backend and right at the edge of a block', async () => {
  const random = seededRandom(3);
  const rows = 4097;
  const data = Float32Array.from({ length: rows * DIM }, () => random.normal());
  const vectors = Float32Array.from({ length: 3 * DIM }, () => random.normal());
  const all = await Promise.all(
    (['cpu', 'wasm'] as const).map(async (backend) => {
      const learner = new LocalLearner();
      await learner.open(backend);
      await learner.load(data.slice(), rows, DIM);
      return learner.similarities(vectors, 3);
    }),
  );
  expect(all[1]).toEqual(all[0]);
  for (const row of [0, 4095, 4096]) {
    for (let j = 0; j < 3; j++) {
      let sum = 0;
      for (let d = 0; d < DIM; d++) sum += (data[row * DIM + d] ?? 0) * (vectors[j * DIM + d] ?? 0);
      expect(all[0]?.[row * 3 + j]).toBeCloseTo(sum, 4);
    }
  }
});

describe('words', () => {
  it('are embedded once; another encoder gives others', async () => {
    const towers = new TwoTowers();
    const words = new WordEncoder(() => towers);
    await words.embed(side, ['cat', 'bridge', 'cat'], signal);
    await words.embed(side, ['bridge'], signal);
    expect(towers.read).toEqual(['cat', 'bridge']);
    await words.embed({ ...side, key: 'other' }, ['bridge'], signal);
    expect(towers.read).toHaveLength(3);
    expect(towers.opened).toHaveLength(2);
  });
  it('end the encoder when they are cancelled or it fails, and work again afterwards', async () => {
    const towers = new TwoTowers();
    towers.failures = 1;
    const words = new WordEncoder(() => towers);
    await expect(words.embed(side, ['cat'], signal)).rejects.toThrow('no');
    expect(towers.stops).toBe(1);
    await expect(words.embed(side, ['cat'], AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(await words.embed(side, ['cat'], signal)).toHaveLength(DIM);
  });
});

describe('groups of names', () => {
  const classes = [{ name: 'a' }, { name: 'b' }];
  it('hold the most similar candidates of each class and nobody else', async () => {
    const scores = Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? i / 400 : 0.5));
    const candidates = Int32Array.from({ length: 190 }, (_, i) => i);
    const [a, b] = await groupsOfNames({ classes, scores }, candidates);
    // Row r scores r / 200 for a and 0.5 for b: from row 100 on it is more like a, and equal ones go to a.
    expect([...(a?.rows ?? [])]).toEqual(Array.from({ length: 20 }, (_, i) => 170 + i));
    expect([...(b?.rows ?? [])]).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

it('a search ranks rows by their mean similarity, equal ones by row', () => {
  const scores = Float32Array.of(0.1, 0.3, 0.9, 0.1, 0.2, 0.2, 1, 1);
  expect(rankRows(scores, 2, Int32Array.of(0, 1, 2), 2).map((r) => r.row)).toEqual([1, 0]);
  expect(rankRows(scores, 2, new Int32Array(), 5)).toEqual([]);
});

it('a search by letters looks into whole texts and paths, whatever their case', async () => {
  const items = textItems(1200);
  const read = (ids: readonly string[]): Promise<string[]> =>
    Promise.resolve(ids.map((id) => (Number.parseInt(id, 16) === 777 ? `${'x'.repeat(5000)} The  End` : 'nothing')));
  expect((await findTexts('the end', items, read, signal)).map((i) => i.row)).toEqual([777]);
  await expect(findTexts('x', items, read, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});
