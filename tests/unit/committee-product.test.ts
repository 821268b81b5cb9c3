import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dropoutHeads, type LinearHead } from '../../src/domain/committee.ts';
import { headProbabilities } from '../../src/domain/head-maths.ts';
import { seededRandom } from '../../src/domain/random.ts';
import { committeeProduct } from '../../src/platform/learner/committee-product.ts';
import { PlainCompute } from '../fakes/plain-compute.ts';

it('gives what each head gives by itself, for heads that see all features and for heads that see a part', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (seed, classes, dim, isDropout) => {
        const random = seededRandom(seed);
        const floats = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
        const head = (): LinearHead => ({
          dim,
          mean: floats(dim),
          scale: 1.5,
          weights: floats(dim * classes),
          bias: floats(classes),
          lambda: 1,
        });
        const heads = isDropout ? dropoutHeads(head(), 4, random) : [head(), head(), head()];
        const rows = 7;
        const x = { data: floats(rows * dim), rows, cols: dim };
        const found = await committeeProduct(heads, new PlainCompute())(x.data, rows);
        const all = Int32Array.from({ length: rows }, (_, i) => i);
        const own = heads.map((h) => headProbabilities(h, x.data, all));
        const expected = Array.from(all).flatMap((i) =>
          own.flatMap((p) => [...p.subarray(i * classes, (i + 1) * classes)]),
        );
        expect(found).toHaveLength(expected.length);
        found.forEach((p, k) => expect(p).toBeCloseTo(expected[k] ?? NaN, 4));
      },
    ),
    { numRuns: 60 },
  );
});
