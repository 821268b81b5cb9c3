import { describe, expect, it } from 'vitest';
import { headProbabilities } from '../../src/domain/head-maths.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { temper } from '../../src/domain/temperature.ts';
import type { FittedHead, TrainRequest } from '../../src/loop/learner-ports.ts';
import { LocalLearner } from '../../src/platform/learner/local-learner.ts';
import { crossValidatedTemperature } from '../../src/platform/learner/query-temperature.ts';

const [ROWS, DIM, LABELLED] = [400, 12, 60];
const random = seededRandom(3);
const classOf = Int32Array.from({ length: ROWS }, (_, i) => i % 3);
const data = new Float32Array(ROWS * DIM);
for (let i = 0; i < ROWS; i++) {
  const own = data.subarray(i * DIM, (i + 1) * DIM);
  own.forEach((_, d) => (own[d] = random.normal() + (d === classOf[i] ? 2 : 0)));
  const norm = Math.hypot(...own);
  own.forEach((value, d) => (own[d] = value / norm));
}
const rows = Int32Array.from({ length: LABELLED }, (_, i) => i);
const labels = rows.map((row) => classOf[row] ?? 0);
const request: TrainRequest = { rows, labels, classCount: 3, seed: 5, c: 10 };

async function learner(): Promise<LocalLearner> {
  const it = new LocalLearner();
  await it.open('cpu');
  await it.load(data.slice(), ROWS, DIM);
  await it.train(request);
  return it;
}
const select = (l: LocalLearner, isTempered: boolean, strategy = 'entropy') =>
  l.select({
    strategy,
    count: 30,
    seed: 1,
    candidates: Int32Array.from({ length: ROWS - LABELLED }, (_, i) => i + LABELLED),
    labelledRows: rows,
    labels,
    classNames: ['a', 'b', 'c'],
    ...(isTempered && { temperature: { seed: 5, c: 10 } }),
  });

/** Heads whose weights are blown up: each is far too sure. */
const shouting = async (l: LocalLearner, r: TrainRequest, factor: number): Promise<FittedHead> => {
  const head = await l.train(r);
  return { ...head, weights: head.weights.map((w) => w * factor), bias: head.bias.map((b) => b * factor) };
};

describe('the temperature for picking', () => {
  it('cools what shouts: three times the logits, about three times the temperature', async () => {
    const l = await learner();
    const plain = await crossValidatedTemperature(request, data, (r) => shouting(l, r, 1));
    const loud = await crossValidatedTemperature(request, data, (r) => shouting(l, r, 3));
    // The prior pulls both a little towards 1.
    expect(loud / plain).toBeGreaterThan(2.5);
    expect(loud / plain).toBeLessThan(3.1);
  });

  it('is the same every time, and 1 while labels are too few', async () => {
    const l = await learner();
    const fit = (r: TrainRequest): Promise<FittedHead> => l.train(r);
    expect(await crossValidatedTemperature(request, data, fit)).toBe(
      await crossValidatedTemperature(request, data, fit),
    );
    const few = { ...request, rows: rows.slice(0, 14), labels: labels.slice(0, 14) };
    expect(await crossValidatedTemperature(few, data, fit)).toBe(1);
  });

  it('holds out every fold: it never sees a row that its head was fitted to', async () => {
    const l = await learner();
    const seen: Int32Array[] = [];
    await crossValidatedTemperature(request, data, (r) => {
      seen.push(r.rows);
      return l.train(r);
    });
    expect(seen).toHaveLength(5);
    for (const part of seen) expect(part).toHaveLength(LABELLED - LABELLED / 5);
    expect(new Set(seen.map((part) => rows.filter((row) => !part.includes(row)).join())).size).toBe(5);
  });

  it('changes the utilities that strategies see, but leaves the head and what users see of it alone', async () => {
    const l = await learner();
    const before = await l.probabilities(rows);
    const [plain, tempered] = [await select(l, false), await select(l, true)];
    expect(plain.temperature).toBe(1);
    expect(tempered.temperature).not.toBe(1);
    const head = await l.train(request);
    for (const { row, utility } of tempered.picks) {
      const p = temper(headProbabilities(head, data, Int32Array.of(row)), 3, tempered.temperature ?? 1);
      expect(utility).toBeCloseTo(-p.reduce((sum, q) => sum + q * Math.log(q), 0), 10);
    }
    expect(await l.probabilities(rows)).toEqual(before);
    expect((await select(l, false)).picks).toEqual(plain.picks);
  });
});
